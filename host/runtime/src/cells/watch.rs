//! Looks after one other cell: whether it is there, how much waits for it, and brings it that when it
//! is back.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use pizza_cluster::{CellRequest, Response};
use pizza_store::{EventsAbroad, Outbound, ParkedRow, StoreError};
use pizza_types::{CellName, Envelope, ShardId};

use super::park;
use crate::core::Core;
use crate::outbox::Lane;
use crate::supervise::{self, DeliveryResult};

/// How often a cell is looked after, in milliseconds.
const LOOK_MS: u64 = 500;
/// How long it may take to say that it is there, in milliseconds. Other sides of the world take 300.
const PING_MS: u64 = 2_000;
/// How much of the list is read at a time, and how many lanes of it are served side by side.
const PAGE: usize = 512;
const LANES_AT_ONCE: usize = 64;
/// How long a message of the list may take, in milliseconds, before those of other actors go on.
const MESSAGE_MS: u64 = 5_000;
/// A message that is older may have arrived so long ago that its receiver does not know it any more,
/// which forgets after 24 hours: it is not sent again.
const MESSAGE_AGE_MS_MAX: u64 = 20 * 3_600_000;

/// Looks after the cell until the silo stops.
pub(crate) async fn run(core: Arc<Core>, name: CellName) {
    while !core.is_stopping() {
        ping(&core, &name).await;
        match look(&core, &name).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, cell = %name, "what waits for a cell cannot be read")
            }
        }
        core.pause(LOOK_MS).await;
    }
}

async fn ping(core: &Core, name: &CellName) {
    let Some(cell) = core.cells.other(name) else {
        return;
    };
    let begun_ms = core.clock.now_ms();
    let answer = tokio::select! {
        biased;
        answer = cell.parts.network.ask(name, CellRequest::Ping) => answer,
        () = core.clock.sleep_until(begun_ms.saturating_add(PING_MS)) => {
            return cell.has_failed("it does not answer");
        }
    };
    match answer {
        Ok(Response::Done) => {
            cell.has_answered(core.clock.now_ms().saturating_sub(begun_ms));
        }
        Ok(_) => cell.has_failed("it answers something else"),
        Err(error) => cell.has_failed(&error.to_string()),
    }
}

/// Counts what waits, and brings it to the cell where that is this silo's business. True: there may be
/// more to bring.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) async fn look(core: &Arc<Core>, name: &CellName) -> Result<bool, StoreError> {
    let Some(cell) = core.cells.other(name) else {
        return Ok(false);
    };
    let begun = cell.look();
    let count = cell.parts.store.parked_count(name).await?;
    cell.found(&begun, count);
    if count == 0 || cell.is_away() || !core.membership.guards(park::shard_of(name)) {
        return Ok(false);
    }
    drain(core, name).await
}

/// Goes through the list once; true if something has left it.
async fn drain(core: &Arc<Core>, name: &CellName) -> Result<bool, StoreError> {
    let Some(cell) = core.cells.other(name) else {
        return Ok(false);
    };
    let store = &cell.parts.store;
    let mut after = 0;
    let mut any = false;
    // Those of which a message could not be brought: what follows on it waits too.
    let mut blocked = HashSet::new();
    loop {
        let rows = store.parked(name, after, PAGE).await?;
        let Some(last) = rows.last() else {
            return Ok(any);
        };
        after = last.number;
        let gone = bring(core, name, rows, &mut blocked).await;
        any |= !gone.is_empty();
        store.unpark(name, &gone).await?;
        if cell.is_away() || core.is_stopping() {
            return Ok(false);
        }
    }
}

/// What keeps its order among itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Way {
    Messages(Lane),
    Events(ShardId),
}

struct Letter {
    number: u64,
    envelope: Envelope,
    first_ms: u64,
}

#[derive(Default)]
struct Load {
    letters: Vec<Letter>,
    events: Vec<(u64, EventsAbroad)>,
}

/// Brings rows of the list; returns the numbers of those that have arrived.
async fn bring(
    core: &Arc<Core>,
    name: &CellName,
    rows: Vec<ParkedRow>,
    blocked: &mut HashSet<Way>,
) -> Vec<u64> {
    let mut ways: BTreeMap<Way, Load> = BTreeMap::new();
    for ParkedRow { number, outbound } in rows {
        match outbound {
            Outbound::Message {
                from,
                envelope,
                first_ms,
            } => {
                let way = Way::Messages((from, envelope.target.clone()));
                let letter = Letter {
                    number,
                    envelope,
                    first_ms,
                };
                ways.entry(way).or_default().letters.push(letter);
            }
            Outbound::Events(events) => {
                let load = ways.entry(Way::Events(events.shard)).or_default();
                load.events.push((number, events));
            }
        }
    }
    ways.retain(|way, _| !blocked.contains(way));
    let bringing = ways.into_iter().map(|(way, load)| async move {
        let mut gone = Vec::new();
        let all = letters(core, load.letters, &mut gone).await
            && events(core, name, load.events, &mut gone).await;
        (way, gone, all)
    });
    let mut bringing = stream::iter(bringing).buffer_unordered(LANES_AT_ONCE);
    let mut numbers = Vec::new();
    while let Some((way, gone, all)) = bringing.next().await {
        numbers.extend(gone);
        if !all {
            blocked.insert(way);
        }
    }
    numbers
}

/// False if one of them could not be brought.
async fn letters(core: &Arc<Core>, letters: Vec<Letter>, gone: &mut Vec<u64>) -> bool {
    for letter in letters {
        let age_ms = core.clock.wall_ms().saturating_sub(letter.first_ms);
        let result = if age_ms > MESSAGE_AGE_MS_MAX {
            supervise::give_up_late(core, &letter.envelope).await
        } else {
            tokio::select! {
                biased;
                result = supervise::deliver(core, &letter.envelope) => result,
                () = core.pause(MESSAGE_MS) => return false,
            }
        };
        match result {
            DeliveryResult::Settled | DeliveryResult::DeadLetter | DeliveryResult::Dropped => {
                gone.push(letter.number);
            }
            DeliveryResult::Away | DeliveryResult::Stopped => return false,
        }
    }
    true
}

/// False if they could not be brought.
async fn events(
    core: &Core,
    name: &CellName,
    events: Vec<(u64, EventsAbroad)>,
    gone: &mut Vec<u64>,
) -> bool {
    if events.is_empty() {
        return true;
    }
    let Some(cell) = core.cells.other(name) else {
        return false;
    };
    let (numbers, events): (Vec<_>, Vec<_>) = events.into_iter().unzip();
    if !park::relay(core, &cell, events).await {
        return false;
    }
    gone.extend(numbers);
    true
}

/// Reads how much waits for each cell: whoever guards a shard from now on puts what is new behind what
/// the one before has parked of it.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn count_all(core: &Core) -> Result<(), StoreError> {
    for cell in core.cells.others() {
        let begun = cell.look();
        let count = cell.parts.store.parked_count(cell.name).await?;
        cell.found(&begun, count);
    }
    Ok(())
}
