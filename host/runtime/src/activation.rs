//! An actor in memory: what it will have committed once everything in flight is durable.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_guest::Entries;
use pizza_store::{ActorStore, Commit, EndWrite, Reminder, StoredActor};
use pizza_types::{ActorId, State, StateWrite};

use crate::entries::Held;

type Reminders = BTreeMap<Arc<str>, Reminder>;

/// An actor in memory, as its next turn will find it. Small on purpose: there may be a million of
/// them.
pub(crate) struct Activation {
    /// The epoch under which the actor was opened; 0 where its first commit is still to make its
    /// record.
    pub(crate) epoch: u64,
    /// The version of the staged state; the record in the store may still be behind.
    pub(crate) version: u64,
    /// When it ended, on the durable clock; `None` while it lives.
    pub(crate) ended_ms: Option<u64>,
    /// The epoch that a first commit takes; 0 where the actor has a record.
    pub(crate) first_epoch: u64,
    /// The staged state; `None` when there is none.
    pub(crate) state: Option<State>,
    /// `None` where there are none, as with most actors.
    entries: Option<Box<Held>>,
    /// `None` stands for an empty map. Boxed, for an actor with many reminders has few of them.
    reminders: Option<Box<Reminders>>,
    /// The position of the last event that the actor was given, by stream, for the streams that
    /// it got events of since it is in memory. Most actors have none.
    cursors: BTreeMap<Arc<str>, u64>,
    /// Whether `lifecycle.activate` has run.
    pub(crate) activated: bool,
}

impl Activation {
    pub(crate) fn new(stored: StoredActor) -> Self {
        let StoredActor {
            record,
            entries,
            more,
            reminders,
        } = stored;
        let entries = Held::opened(entries.into_iter().collect(), more, record.version);
        Self {
            epoch: record.epoch,
            version: record.version,
            ended_ms: record.ended_ms,
            first_epoch: 0,
            state: record.state,
            entries: (!entries.is_empty()).then(|| Box::new(entries)),
            reminders: (!reminders.is_empty()).then(|| Box::new(reminders)),
            cursors: BTreeMap::new(),
            activated: false,
        }
    }

    /// An actor without a record: its first commit makes one, under this epoch.
    pub(crate) fn absent(first_epoch: u64) -> Self {
        Self {
            epoch: 0,
            version: 0,
            ended_ms: None,
            first_epoch,
            state: None,
            entries: None,
            reminders: None,
            cursors: BTreeMap::new(),
            activated: false,
        }
    }

    /// Whether it may have handled messages that the store remembers: in this life, or in one
    /// before.
    pub(crate) fn has_lived(&self) -> bool {
        self.version > 0 || self.first_epoch > 1
    }

    pub(crate) fn cursor(&self, stream: &str) -> Option<u64> {
        self.cursors.get(stream).copied()
    }

    pub(crate) fn set_cursor(&mut self, stream: &Arc<str>, position: u64) {
        self.cursors.insert(Arc::clone(stream), position);
    }

    pub(crate) fn reminder(&self, name: &str) -> Option<&Reminder> {
        self.reminders.as_ref()?.get(name)
    }

    /// The entries as the next turn finds them, or a query that begins now.
    pub(crate) fn entries(&self, store: &dyn ActorStore, id: &ActorId) -> Entries {
        let held = self.entries.as_ref();
        held.map_or_else(Entries::default, |held| {
            held.now(self.version, || store.entries(id))
        })
    }

    /// Moves the staged state on by one commit; those up to version `durable` are durable.
    pub(crate) fn stage(&mut self, commit: &Commit, durable: u64) {
        self.version += 1;
        // A first commit makes the record. If that took a higher epoch, because an actor of the shard
        // was retired meanwhile, what follows is fenced, and the actor opened anew.
        if self.epoch == 0 {
            self.epoch = self.first_epoch;
        }
        match commit.ending {
            EndWrite::Keep => {}
            EndWrite::Set(at_ms) => self.ended_ms = Some(at_ms),
            EndWrite::Clear => self.ended_ms = None,
        }
        if let Some(cursor) = &commit.cursor {
            self.set_cursor(&cursor.stream, cursor.position);
        }
        match &commit.state {
            StateWrite::Keep => {}
            StateWrite::Set(state) => self.state = Some(state.clone()),
            StateWrite::Clear => {
                self.state = None;
                self.entries = None;
            }
        }
        self.stage_reminders(commit);
        self.stage_entries(commit, durable);
    }

    fn stage_reminders(&mut self, commit: &Commit) {
        if commit.reminders.is_empty() {
            return;
        }
        let reminders = self.reminders.get_or_insert_default();
        for write in &commit.reminders {
            match &write.reminder {
                Some(reminder) => reminders.insert(Arc::clone(&write.name), reminder.clone()),
                None => reminders.remove(&write.name),
            };
        }
        if reminders.is_empty() {
            self.reminders = None;
        }
    }

    fn stage_entries(&mut self, commit: &Commit, durable: u64) {
        if self.entries.is_none() && commit.entries.is_empty() {
            return;
        }
        let held = self.entries.get_or_insert_default();
        held.write(&commit.entries, self.version, durable);
        // Back to `None`: it would be paid for by every actor that once had an entry.
        if held.is_empty() {
            self.entries = None;
        }
    }

    /// What the actor takes in memory, for the budget.
    pub(crate) fn bytes(&self, id: &ActorId) -> usize {
        let state = self.state.as_ref().map_or(0, |state| state.bytes.len());
        let entries = self.entries.as_ref().map_or(0, |held| held.bytes());
        let reminders = self.reminders.as_ref().map_or(0, |reminders| {
            let each = size_of::<Reminder>() + 64;
            reminders.keys().map(|name| name.len() + each).sum()
        });
        size_of::<Self>() + id.key().len() + state + entries + reminders
    }
}
