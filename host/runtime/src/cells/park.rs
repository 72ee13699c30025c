//! What is for another cell leaves the log: for that cell, or for the list of what waits for it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use pizza_cluster::{CellRequest, Response};
use pizza_store::{EventsAbroad, LogEntry, NewEvent, Outbound, StoreError};
use pizza_types::{ActorId, CellName, Envelope, ShardId};

use super::Other;
use crate::core::Core;

/// How long a cell may take to append events, in milliseconds. Whoever takes longer gets them from the
/// list.
const RELAY_MS: u64 = 3_000;
/// How long a list that is full, or a store that fails, is left alone, in milliseconds.
const TRY_AGAIN_MS: u64 = 200;

/// Parks a message. False: it could not be; it is where it was, and is to be tried again.
pub(crate) async fn message(core: &Core, from: &ActorId, envelope: &Envelope) -> bool {
    let Some(cell) = core.cells.abroad(envelope.target.key()) else {
        return false;
    };
    if cell.is_full() {
        core.pause(TRY_AGAIN_MS).await;
        return false;
    }
    let outbound = Outbound::Message {
        from: from.clone(),
        envelope: envelope.clone(),
        first_ms: core.clock.wall_ms(),
    };
    match park(&cell, vec![outbound]).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, cell = %cell.name, "a message cannot be parked yet");
            core.pause(TRY_AGAIN_MS).await;
            false
        }
    }
}

/// Keeps what a cell is to get behind all that waits for it.
async fn park(cell: &Other<'_>, outbound: Vec<Outbound>) -> Result<(), StoreError> {
    cell.begin_to_park(outbound.len());
    let parked = cell.parts.store.park(cell.name, outbound).await;
    cell.end_parking();
    parked
}

/// Entries of a log as they concern this cell, and the events of them that are for others.
pub(crate) struct Divided {
    pub(crate) here: Vec<LogEntry>,
    abroad: BTreeMap<CellName, Vec<EventsAbroad>>,
}

/// An event may have streams in several cells.
pub(crate) fn divide(core: &Core, mut entries: Vec<LogEntry>) -> Divided {
    let mut abroad: BTreeMap<CellName, Vec<EventsAbroad>> = BTreeMap::new();
    if core.cells.parts().is_none() {
        let here = entries;
        return Divided { here, abroad };
    }
    for entry in &mut entries {
        let mut away: BTreeMap<CellName, Vec<NewEvent>> = BTreeMap::new();
        for event in &mut entry.leaving.events {
            let mut keys: BTreeMap<CellName, Vec<_>> = BTreeMap::new();
            event.keys.retain(|of| match core.cells.abroad(&of.key) {
                Some(cell) => {
                    keys.entry(cell.name.clone()).or_default().push(of.clone());
                    false
                }
                None => true,
            });
            for (cell, keys) in keys {
                let payload = event.payload.clone();
                away.entry(cell)
                    .or_default()
                    .push(NewEvent { keys, payload });
            }
        }
        for (cell, events) in away {
            let events = EventsAbroad {
                shard: entry.key.shard,
                number: entry.key.number,
                at_ms: entry.at_ms,
                events,
            };
            abroad.entry(cell).or_default().push(events);
        }
    }
    let here = entries;
    Divided { here, abroad }
}

impl Divided {
    /// Brings the events of other cells there, or parks them.
    ///
    /// # Errors
    /// When some can be neither brought nor parked; all are to be tried again then, and their
    /// receivers know what they had.
    pub(crate) async fn send(self, core: &Core) -> Result<(), StoreError> {
        let sending = self.abroad.into_iter().map(|(name, events)| async move {
            match core.cells.other(&name) {
                Some(cell) => send(core, &cell, events).await,
                None => Ok(()),
            }
        });
        join_all(sending).await.into_iter().collect()
    }
}

async fn send(core: &Core, cell: &Other<'_>, events: Vec<EventsAbroad>) -> Result<(), StoreError> {
    if !cell.must_park() && relay(core, cell, events.clone()).await {
        return Ok(());
    }
    if cell.is_full() {
        return Err(StoreError::Full {
            detail: format!("cell {} is away, and too much waits for it", cell.name),
        });
    }
    park(cell, events.into_iter().map(Outbound::Events).collect()).await
}

/// Whether the cell has appended these events.
pub(crate) async fn relay(core: &Core, cell: &Other<'_>, events: Vec<EventsAbroad>) -> bool {
    let from = cell.parts.names.mine.clone();
    let request = CellRequest::Relay { from, events };
    let answer = tokio::select! {
        biased;
        answer = cell.parts.network.ask(cell.name, request) => answer,
        () = core.pause(RELAY_MS) => {
            cell.has_failed("it has not answered in time");
            return false;
        }
    };
    match answer {
        Ok(Response::Done) => true,
        Ok(response) => {
            tracing::warn!(cell = %cell.name, ?response, "a cell does not take events");
            false
        }
        Err(error) => {
            cell.has_failed(&error.to_string());
            false
        }
    }
}

/// The shard that everything belongs to that waits for a cell: whoever guards it brings it there.
pub(crate) fn shard_of(cell: &CellName) -> ShardId {
    ShardId::of("cell", cell.as_str())
}
