//! Forgetting. A sweep walks over the dedupe rows and the events a bounded piece at a
//! time, and goes on where it stopped; at the end it starts again.

use pizza_store::{EndedAfter, Keep, Retention, StoreError};

use crate::key;
use crate::row::{self, damaged, decode};
use crate::stream_head;
use crate::table::Table;
use crate::view::View;

/// The last rows that were looked at; `None` at the beginning of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep {
    handled: Option<Vec<u8>>,
    events: Option<Vec<u8>>,
    /// The tombstone that was forgotten last: what is before it is gone, and would be gone over each
    /// time. Only a sweep over tombstones moves it.
    pub(crate) forgotten: EndedAfter,
}

/// The number of rows that are forgotten at a time, under the committer's lock: commits wait that
/// long.
const PIECE_ROWS: usize = 256;

/// The keys of rows whose time has come.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) handled: Vec<Vec<u8>>,
    pub(crate) events: Vec<Vec<u8>>,
    /// Streams that are to be forgotten if their newest event, at this position, is their last.
    pub(crate) silent: Vec<(Vec<u8>, u64)>,
}

impl Found {
    /// The same, a few at a time.
    pub(crate) fn pieces(self) -> impl Iterator<Item = Self> {
        let (mut handled, mut events) = (self.handled.into_iter(), self.events.into_iter());
        let mut silent = self.silent.into_iter();
        std::iter::from_fn(move || {
            let piece = Self {
                handled: handled.by_ref().take(PIECE_ROWS).collect(),
                events: events.by_ref().take(PIECE_ROWS).collect(),
                silent: silent.by_ref().take(PIECE_ROWS).collect(),
            };
            (!piece.is_empty()).then_some(piece)
        })
    }

    fn is_empty(&self) -> bool {
        self.handled.is_empty() && self.events.is_empty() && self.silent.is_empty()
    }
}

impl Sweep {
    pub(crate) fn next(
        &mut self,
        view: &View,
        now_ms: u64,
        retention: &Retention,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let mut found = Found::default();
        self.handled = walk(
            view,
            Table::Handled,
            self.handled.take(),
            limit,
            |at, value| {
                let reply = row::decode_reply(Table::Handled, at, value)?;
                if reply.expires_at_ms <= now_ms {
                    found.handled.push(at.to_vec());
                }
                Ok(())
            },
        )?;
        // Read once for each (stream, key).
        // Rows come in the order of their keys, so those of a group are neighbours.
        let mut group: Option<Group> = None;
        self.events = walk(
            view,
            Table::Events,
            self.events.take(),
            limit,
            |at, value| {
                let row: row::Event = decode(Table::Events, at, value)?;
                let split = at.split_last_chunk::<8>();
                let (stream, position) =
                    split.ok_or_else(|| damaged(Table::Events, at, "its key"))?;
                let mut of = match group.take() {
                    Some(group) if group.at == stream => group,
                    _ => Group::read(view, stream, retention)?,
                };
                let position = u64::from_be_bytes(*position);
                let may_go = of.keep.lets_go(position, row.at_ms, of.newest, now_ms);
                // The cursors are read last: most events are too young to ask.
                if may_go && position <= of.handled(view, retention)? {
                    found.events.push(at.to_vec());
                }
                let is_free = retention.subscribers(&of.stream).is_empty();
                if position == of.newest && is_free && of.keep.forgets(row.at_ms, now_ms) {
                    found.silent.push((of.at.clone(), position));
                }
                group = Some(of);
                Ok(())
            },
        )?;
        Ok(found)
    }
}

/// The events of one (stream, key).
struct Group {
    at: Vec<u8>,
    stream: String,
    key: String,
    keep: Keep,
    newest: u64,
    /// The position up to which every subscriber has handled the events; `None` until it is asked
    /// for.
    handled: Option<u64>,
}

impl Group {
    fn read(view: &View, at: &[u8], retention: &Retention) -> Result<Self, StoreError> {
        let unreadable = || damaged(Table::Events, at, "its key");
        let (stream, rest) = key::take_name(at).ok_or_else(unreadable)?;
        let (key, _) = key::take_name(rest).ok_or_else(unreadable)?;
        Ok(Self {
            at: at.to_vec(),
            keep: retention.of(&stream),
            newest: stream_head::newest(view, at)?,
            handled: None,
            stream,
            key,
        })
    }

    fn handled(&mut self, view: &View, retention: &Retention) -> Result<u64, StoreError> {
        if let Some(handled) = self.handled {
            return Ok(handled);
        }
        let mut handled = u64::MAX;
        for subscriber in retention.subscribers(&self.stream) {
            let cursor = key::names(&[subscriber, &self.stream, &self.key]);
            handled = handled.min(view.get(Table::Cursors, &cursor)?.unwrap_or(0));
        }
        self.handled = Some(handled);
        Ok(handled)
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
    // No more rows: `None`, and the next sweep begins at the start.
    Ok(rows.next().and(last))
}
