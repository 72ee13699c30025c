//! Other cells, as far as this silo can tell: which are there, and how much waits for those that are
//! not. Each cell is a cluster with a store of its own; what commits here leave for another one is
//! brought there from the log, or parked while it is away, so that the log goes on.

pub(crate) mod abroad;
pub(crate) mod answer;
pub(crate) mod park;
pub(crate) mod read;
pub(crate) mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use pizza_cluster::CellNetwork;
use pizza_store::CellStore;
use pizza_types::{CallError, CellName, CellNames, Effect};

/// When whoever left nothing for a full list may ask again, in milliseconds.
const FULL_RETRY_MS: u64 = 1_000;

/// What a silo of one of several cells is made of besides.
#[derive(Clone)]
pub struct CellParts {
    pub names: CellNames,
    /// How it reaches the others.
    pub network: Arc<dyn CellNetwork>,
    pub store: Arc<dyn CellStore>,
    /// How much may wait for one cell, in messages and entries with events. Beyond that turns that
    /// want to leave something for it fail.
    pub parked_max: usize,
}

/// All of them; none where there is one cell alone.
#[derive(Default)]
pub(crate) struct Cells(Option<Inner>);

struct Inner {
    parts: CellParts,
    states: BTreeMap<CellName, State>,
}

/// Another cell, and how it is.
#[derive(Clone, Copy)]
pub(crate) struct Other<'a> {
    pub(crate) parts: &'a CellParts,
    pub(crate) name: &'a CellName,
    state: &'a State,
}

#[derive(Default)]
struct State {
    is_away: AtomicBool,
    /// How long the last answer to a ping took, in milliseconds.
    round_trip_ms: AtomicU64,
    /// How much waits for it, when it was last looked.
    count: AtomicUsize,
    parking: Mutex<Parking>,
}

/// Whether what is new must go behind what waits already, so that it keeps its order.
#[derive(Default)]
struct Parking {
    is_due: bool,
    /// How often this silo has begun to park something, and how much of that is under way.
    begun: u64,
    under_way: usize,
}

/// What one look at the parked list begins with.
pub(crate) struct Look(u64);

impl Cells {
    pub(crate) fn of(parts: Option<CellParts>) -> Self {
        Self(parts.map(|parts| {
            let names = parts.names.others.iter().cloned();
            let states = names.map(|name| (name, State::default())).collect();
            Inner { parts, states }
        }))
    }

    pub(crate) fn parts(&self) -> Option<&CellParts> {
        self.0.as_ref().map(|inner| &inner.parts)
    }

    /// The other cell that has what has this key; `None` where it is this one.
    pub(crate) fn abroad(&self, key: &str) -> Option<Other<'_>> {
        let inner = self.0.as_ref()?;
        let name = inner.parts.names.abroad(key)?;
        inner.other(name)
    }

    pub(crate) fn others(&self) -> impl Iterator<Item = Other<'_>> {
        let inner = self.0.iter();
        inner.flat_map(|inner| inner.states.keys().filter_map(|name| inner.other(name)))
    }

    pub(crate) fn other(&self, name: &CellName) -> Option<Other<'_>> {
        self.0.as_ref()?.other(name)
    }

    /// # Errors
    /// When one of the effects is for a cell for which too much waits already: a turn that cannot
    /// leave what it must say does not happen.
    pub(crate) fn refuse_if_full(&self, effects: &[Effect]) -> Result<(), CallError> {
        if self.0.is_none() {
            return Ok(());
        }
        for effect in effects {
            let key = match effect {
                Effect::Send { target, .. } => target.key(),
                Effect::Publish { key, .. } => key,
                _ => continue,
            };
            if let Some(cell) = self.abroad(key).filter(Other::is_full) {
                return Err(CallError::Overloaded {
                    what: format!(
                        "cell {} is away, and {} messages wait for it already",
                        cell.name,
                        cell.count()
                    ),
                    retry_after_ms: FULL_RETRY_MS,
                });
            }
        }
        Ok(())
    }
}

impl Inner {
    fn other(&self, name: &CellName) -> Option<Other<'_>> {
        let (name, state) = self.states.get_key_value(name)?;
        let parts = &self.parts;
        Some(Other { parts, name, state })
    }
}

impl Other<'_> {
    pub(crate) fn is_away(&self) -> bool {
        self.state.is_away.load(Ordering::Relaxed)
    }

    /// It has answered, after so long, in milliseconds.
    pub(crate) fn has_answered(&self, round_trip_ms: u64) {
        self.state
            .round_trip_ms
            .store(round_trip_ms, Ordering::Relaxed);
        if self.state.is_away.swap(false, Ordering::Relaxed) {
            tracing::info!(cell = %self.name, "a cell is there again");
        }
    }

    pub(crate) fn has_failed(&self, why: &str) {
        if !self.state.is_away.swap(true, Ordering::Relaxed) {
            tracing::warn!(cell = %self.name, why, "a cell is away; what it is to get is parked");
        }
    }

    pub(crate) fn round_trip_ms(&self) -> u64 {
        self.state.round_trip_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self) -> usize {
        self.state.count.load(Ordering::Relaxed)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count() >= self.parts.parked_max
    }

    /// Whether what is for this cell is to be parked, and not brought there.
    pub(crate) fn must_park(&self) -> bool {
        self.is_away() || self.state.parking.lock().is_due
    }

    /// So much is about to be parked: from now on what is new goes behind it.
    fn begin_to_park(&self, count: usize) {
        self.state.count.fetch_add(count, Ordering::Relaxed);
        let mut parking = self.state.parking.lock();
        parking.is_due = true;
        parking.begun += 1;
        parking.under_way += 1;
    }

    fn end_parking(&self) {
        self.state.parking.lock().under_way -= 1;
    }

    /// Begins to look how much waits.
    fn look(&self) -> Look {
        Look(self.state.parking.lock().begun)
    }

    /// So much was there, as the look has found.
    fn found(&self, look: &Look, count: usize) {
        self.state.count.store(count, Ordering::Relaxed);
        let mut parking = self.state.parking.lock();
        if count > 0 {
            parking.is_due = true;
        } else if parking.under_way == 0 && parking.begun == look.0 {
            parking.is_due = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use pizza_cluster::LocalCells;
    use pizza_store::MemoryStore;
    use pizza_types::ActorId;

    use super::*;

    fn cells(parked_max: usize) -> Cells {
        let name = |name: &str| CellName::new(name).expect("a name");
        Cells::of(Some(CellParts {
            names: CellNames {
                mine: name("eu"),
                default: name("eu"),
                others: [name("us")].into(),
            },
            network: Arc::new(LocalCells::default()),
            store: Arc::new(MemoryStore::new()),
            parked_max,
        }))
    }

    #[test]
    fn what_is_new_goes_behind_what_waits_until_nothing_does() {
        let cells = cells(10);
        let us = cells.abroad("us.a").expect("it is abroad");
        assert!(!us.must_park());
        us.begin_to_park(1);
        let before = us.look();
        us.found(&before, 0);
        assert!(us.must_park(), "it is on its way into the list");
        us.end_parking();
        us.found(&before, 1);
        assert!(us.must_park());
        us.begin_to_park(1);
        us.end_parking();
        us.found(&before, 0);
        assert!(us.must_park(), "that look may not have seen it");
        us.found(&us.look(), 0);
        assert!(!us.must_park());
        us.has_failed("a test");
        assert!(us.must_park() && us.is_away());
        us.has_answered(1);
        assert!(!us.must_park());
    }

    #[test]
    fn a_turn_that_leaves_more_for_a_full_list_is_refused() {
        let cells = cells(2);
        let publish = |key: &str| Effect::Publish {
            stream: "events".into(),
            key: key.into(),
            payload: bytes::Bytes::new(),
        };
        let send = |key: &str| Effect::Send {
            target: ActorId::new("probe", key).expect("an id"),
            method: "m".into(),
            arguments: bytes::Bytes::new(),
            delay_ms: 0,
        };
        let us = cells.abroad("us.a").expect("it is abroad");
        us.found(&us.look(), 1);
        assert!(cells.refuse_if_full(&[publish("us.a")]).is_ok());
        us.found(&us.look(), 2);
        for effect in [publish("us.a"), send("us.a")] {
            let refused = cells.refuse_if_full(&[publish("eu.a"), effect]);
            let error = refused.expect_err("it is full");
            assert!(error.to_string().contains("cell us"), "{error}");
            assert!(error.is_transient());
        }
        assert!(cells.refuse_if_full(&[publish("a"), send("eu.a")]).is_ok());
    }
}
