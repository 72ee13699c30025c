//! An actor in memory: what it will have committed once everything in flight is durable.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use pizza_store::Claimed;
use pizza_types::{ActorId, EntryWrite, State, StateWrite};

pub(crate) type Entries = Arc<BTreeMap<Arc<str>, Bytes>>;

/// Small on purpose: there may be a million of them.
pub(crate) struct Activation {
    pub(crate) epoch: u64,
    /// Of the staged state; the record in the store may still be behind.
    pub(crate) version: u64,
    pub(crate) state: Option<State>,
    /// `None` stands for an empty map, which most actors have.
    entries: Option<Entries>,
    /// `lifecycle.activate` has run.
    pub(crate) awake: bool,
}

impl Activation {
    pub(crate) fn new(claimed: Claimed) -> Self {
        let Claimed { record, entries } = claimed;
        Self {
            epoch: record.epoch,
            version: record.version,
            state: record.state,
            entries: (!entries.is_empty()).then(|| Arc::new(entries)),
            awake: false,
        }
    }

    pub(crate) fn entries(&self) -> Entries {
        self.entries.clone().unwrap_or_default()
    }

    /// Moves the staged state on by one commit.
    pub(crate) fn stage(&mut self, state: &StateWrite, writes: &[EntryWrite]) {
        self.version += 1;
        match state {
            StateWrite::Keep => {}
            StateWrite::Set(state) => self.state = Some(state.clone()),
            StateWrite::Clear => {
                self.state = None;
                self.entries = None;
            }
        }
        if writes.is_empty() {
            return;
        }
        // Copies the map only while a query still reads the old one.
        let entries = Arc::make_mut(self.entries.get_or_insert_default());
        for write in writes {
            match &write.bytes {
                Some(bytes) => entries.insert(Arc::clone(&write.name), bytes.clone()),
                None => entries.remove(&write.name),
            };
        }
        if entries.is_empty() {
            self.entries = None;
        }
    }

    /// What the actor takes in memory, for the budget.
    pub(crate) fn bytes(&self, id: &ActorId) -> usize {
        let state = self.state.as_ref().map_or(0, |state| state.bytes.len());
        let entries = self.entries.as_ref().map_or(0, |entries| {
            entries
                .iter()
                .map(|(name, bytes)| name.len() + bytes.len() + 64)
                .sum()
        });
        size_of::<Self>() + id.key().len() + state + entries
    }
}
