//! The position of a stream's newest event, from which the next one is counted. Events that lie in
//! memory tell it themselves. Of those in the database a row tells it, which the checkpoint writes:
//! no commit has to.

use std::collections::BTreeMap;

use fjall::Slice;
use pizza_store::StoreError;

use crate::key;
use crate::memory::{Found, Layer, Walk};
use crate::row::{self, damaged};
use crate::table::Table;
use crate::view::View;

/// The position of the newest event of one stream and key; 0 when it has none.
///
/// # Errors
/// When the store cannot be read, or a row is damaged.
pub(crate) fn newest(view: &View, stream: &[u8]) -> Result<u64, StoreError> {
    if let Some(event) = view.scan_newest_back(Table::Events, stream).next() {
        return Ok(split(&event?.0)?.1);
    }
    let noted = view.get(Table::StreamHeads, stream)?.unwrap_or(0);
    Ok(if is_forgotten(view, stream, noted) {
        0
    } else {
        noted
    })
}

/// The same of every key of a stream, or of all streams, by their names as keys have them.
///
/// # Errors
/// When the store cannot be read, or a row is damaged.
pub(crate) fn all(view: &View, prefix: &[u8]) -> Result<BTreeMap<Vec<u8>, u64>, StoreError> {
    let mut heads = BTreeMap::new();
    for row in view.scan(Table::StreamHeads, prefix, None) {
        let (stream, value) = row?;
        let noted = row::decode(Table::StreamHeads, &stream, &value)?;
        if !is_forgotten(view, &stream, noted) {
            heads.insert(stream.to_vec(), noted);
        }
    }
    // In the order of their positions: the last of each stream stays.
    for event in view.scan_newest(Table::Events, prefix, None) {
        let (at, _) = event?;
        let (stream, position) = split(&at)?;
        heads.insert(stream.to_vec(), position);
    }
    Ok(heads)
}

/// Whether the event at this position went since the checkpoint wrote the row: the newest one goes
/// only with all of its stream.
fn is_forgotten(view: &View, stream: &[u8], noted: u64) -> bool {
    view.is_removed(Table::Events, &key::event(stream, noted))
}

fn split(event: &[u8]) -> Result<(&[u8], u64), StoreError> {
    let split = event.split_last_chunk::<8>();
    let (stream, position) = split.ok_or_else(|| damaged(Table::Events, event, "its key"))?;
    Ok((stream, u64::from_be_bytes(*position)))
}

/// The rows that a checkpoint of a layer writes, in order.
pub(crate) struct Heads<'a> {
    layer: &'a Layer,
    events: Walk,
    /// The stream that the last events were of, and the newest of them.
    stream: Option<(Vec<u8>, Option<u64>)>,
}

impl<'a> Heads<'a> {
    pub(crate) fn of(layer: &'a Layer) -> Self {
        Self {
            layer,
            events: Walk::all(Table::Events),
            stream: None,
        }
    }

    /// The next rows, none when there are no more. `noted` tells what the database has of a stream.
    ///
    /// # Errors
    /// What `noted` says.
    pub(crate) fn next<E>(
        &mut self,
        noted: impl Fn(&[u8]) -> Result<Option<Slice>, E>,
    ) -> Result<Vec<Found>, E> {
        let mut rows = Vec::new();
        while rows.is_empty() {
            let events = self.events.next(self.layer);
            if events.is_empty() {
                rows.extend(self.end(&noted)?);
                break;
            }
            for (at, value) in events {
                // No key of an event is shorter; the queries refuse one that is.
                let Some((stream, position)) = at.split_last_chunk::<8>() else {
                    continue;
                };
                if self.stream.as_ref().is_none_or(|(of, _)| of != stream) {
                    rows.extend(self.end(&noted)?);
                    self.stream = Some((stream.to_vec(), None));
                }
                if let (Some((_, newest)), Some(_)) = (&mut self.stream, value) {
                    *newest = Some(u64::from_be_bytes(*position));
                }
            }
        }
        Ok(rows)
    }

    /// The row of the stream that ends, if it changes.
    fn end<E>(
        &mut self,
        noted: &impl Fn(&[u8]) -> Result<Option<Slice>, E>,
    ) -> Result<Option<Found>, E> {
        let Some((stream, newest)) = self.stream.take() else {
            return Ok(None);
        };
        if let Some(newest) = newest {
            return Ok(Some((stream.into(), Some(row::encode(&newest).into()))));
        }
        // Events have gone, and none has come: old ones, or all.
        let noted = noted(&stream)?;
        let noted = noted.and_then(|row| row::decode(Table::StreamHeads, &stream, &row).ok());
        let is_gone = noted.is_some_and(|position: u64| {
            let event = key::event(&stream, position);
            self.layer.get(Table::Events, &event, u64::MAX) == Some(None)
        });
        Ok(is_gone.then(|| (stream.into(), None)))
    }
}
