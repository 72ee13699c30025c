//! Forgetting. A sweep walks over the dedupe rows and the events a bounded piece at a
//! time, and goes on where it stopped; at the end it starts again.

use pizza_store::{StoreError, StoredReply};

use crate::row::{self, damaged, decode};
use crate::table::Table;
use crate::view::View;

/// The last rows looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep {
    handled: Option<Vec<u8>>,
    events: Option<Vec<u8>>,
}

/// Rows that the committer forgets at a time: commits wait that long.
const PIECE_ROWS: usize = 256;

/// Keys of rows whose time has come.
#[derive(Debug, Default)]
pub(crate) struct Found {
    handled: Vec<Vec<u8>>,
    events: Vec<Vec<u8>>,
}

impl Found {
    /// Dedupe rows and events, a few at a time.
    pub(crate) fn pieces(self) -> impl Iterator<Item = (Vec<Vec<u8>>, Vec<Vec<u8>>)> {
        let (mut handled, mut events) = (self.handled.into_iter(), self.events.into_iter());
        std::iter::from_fn(move || {
            let handled: Vec<_> = handled.by_ref().take(PIECE_ROWS).collect();
            let events: Vec<_> = events.by_ref().take(PIECE_ROWS).collect();
            (!handled.is_empty() || !events.is_empty()).then_some((handled, events))
        })
    }
}

impl Sweep {
    pub(crate) fn next(
        &mut self,
        view: &View,
        now_ms: u64,
        events_before_ms: u64,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let mut found = Found::default();
        self.handled = walk(
            view,
            Table::Handled,
            self.handled.take(),
            limit,
            |at, value| {
                let reply: StoredReply = decode(Table::Handled, at, value)?;
                if reply.expires_at_ms <= now_ms {
                    found.handled.push(at.to_vec());
                }
                Ok(())
            },
        )?;
        // Read once for each (stream, key) that has an old event.
        let mut head: Option<(Vec<u8>, u64)> = None;
        self.events = walk(
            view,
            Table::Events,
            self.events.take(),
            limit,
            |at, value| {
                let row: row::Event = decode(Table::Events, at, value)?;
                if row.at_ms >= events_before_ms {
                    return Ok(());
                }
                let split = at.split_last_chunk::<8>();
                let (stream, position) =
                    split.ok_or_else(|| damaged(Table::Events, at, "its key"))?;
                let newest = match &head {
                    Some((of, newest)) if of == stream => *newest,
                    _ => view.get(Table::StreamHeads, stream)?.unwrap_or(0),
                };
                head = Some((stream.to_vec(), newest));
                if u64::from_be_bytes(*position) < newest {
                    found.events.push(at.to_vec());
                }
                Ok(())
            },
        )?;
        Ok(found)
    }
}

/// Looks at up to `limit` rows after `start`; returns the last one if there are more.
fn walk(
    view: &View,
    table: Table,
    start: Option<Vec<u8>>,
    limit: usize,
    mut look: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut rows = view.scan(table, &[], start.as_deref());
    let mut last = start;
    for row in rows.by_ref().take(limit) {
        let (at, value) = row?;
        look(&at, &value)?;
        last = Some(at.to_vec());
    }
    Ok(rows.next().and(last))
}
