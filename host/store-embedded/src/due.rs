//! The rows by time that follow from those of reminders. The log does not have them: whoever sets a
//! reminder in memory sets them beside, when the store opens too.

use fjall::Slice;
use pizza_store::{Reminder, StoreError};

use crate::table::Table;
use crate::view::View;
use crate::{key, row};

/// When the reminder with this key is due, as a view has it; `None` when there is none.
///
/// # Errors
/// When the store cannot be read, or the row is damaged.
pub(crate) fn of(view: &View, reminder: &[u8]) -> Result<Option<u64>, StoreError> {
    let found = view.get_with(Table::Reminders, reminder, row::decode_reminder)?;
    Ok(found.map(|reminder| reminder.due_ms))
}

/// The rows that change when a reminder that was due at `before` becomes `after`, which has this
/// row.
pub(crate) fn changes(
    reminder: &[u8],
    before: Option<u64>,
    after: Option<(&Reminder, &Slice)>,
) -> impl Iterator<Item = (Slice, Option<Slice>)> {
    let at = |due_ms| Slice::from(key::due(due_ms, reminder));
    let gone = before.map(|due_ms| (at(due_ms), None));
    let comes = after.map(|(after, row)| (at(after.due_ms), Some(row.clone())));
    // In this order: both may be one row.
    gone.into_iter().chain(comes)
}
