//! What a request does to the room in the store.

use pizza_types::StateWrite;

use crate::changes::RowChange;
use crate::committer::Prepared;
use crate::reserve::Need;
use crate::table::Table;

/// Up to so many bytes a note of the silo's own is little: what time it is, who it is. A module
/// is not.
const NOTE_BYTES_MAX: usize = 1 << 10;

/// A commit by which an actor goes, and nothing comes, makes room.
pub(super) fn of_commit(prepared: &Prepared) -> Need {
    let commit = &prepared.commit;
    let goes = commit.state == StateWrite::Clear
        && commit.entries.iter().all(|write| write.bytes.is_none())
        && prepared.reminders.values().all(Option::is_none)
        && commit.delayed.is_empty()
        && prepared.events.is_empty()
        && prepared.log.is_none();
    if goes { Need::Less } else { Need::Room }
}

pub(super) fn of_rows(rows: &[RowChange]) -> Need {
    if rows.iter().all(|(_, _, value)| value.is_none()) {
        return Need::Less;
    }
    let is_note = rows.iter().all(|(table, ..)| *table == Table::Facts);
    let row_bytes = |(_, key, value): &RowChange| key.len() + value.as_ref().map_or(0, |v| v.len());
    let bytes: usize = rows.iter().map(row_bytes).sum();
    if is_note && bytes <= NOTE_BYTES_MAX {
        Need::Little
    } else {
        Need::Room
    }
}
