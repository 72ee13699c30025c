//! Opening actors, and what a commit does to the rows.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{
    ActorId, Durability, EntryLimit, EntryMap, EntryPage, EntryRange, MessageId, SiloId, StateWrite,
};

use super::MemoryStore;
use super::tables::{Actor, Tables, cursor_name};
use crate::actors::{ActorStore, Opened};
use crate::apply::{Head, delayed_key};
use crate::commit::{Commit, CommitError, CommitTicket, Committed, ReminderWrite};
use crate::entries::{EntryView, OPENED, several};
use crate::error::StoreError;
use crate::log::{LogEntry, LogKey};
use crate::members::Members;
use crate::reminders::DelayedRow;
use crate::reply::StoredReply;

#[async_trait]
impl ActorStore for MemoryStore {
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError> {
        Ok(self.tables.lock().open(actor, by, members))
    }

    fn entries(&self, actor: &ActorId) -> Result<Arc<dyn EntryView>, StoreError> {
        let tables = self.tables.lock();
        let entries = tables.actors.get(actor).map(|row| row.entries.clone());
        Ok(Arc::new(Taken(entries.unwrap_or_default())))
    }

    fn commit(&self, commit: Arc<Commit>) -> CommitTicket {
        // Taken at once, not when the ticket is polled: tickets are ordered as handed out.
        let outcome = self.tables.lock().commit(&commit);
        CommitTicket::undecided(std::future::ready(outcome))
    }

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        let tables = self.tables.lock();
        Ok(tables.handled.get(&(actor.clone(), id)).cloned())
    }
}

/// Entries that nobody changes any more: those who do have the map anew.
struct Taken(EntryMap);

#[async_trait]
impl EntryView for Taken {
    async fn get(
        &self,
        names: &[Arc<str>],
        bytes_max: usize,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let entry = |name: &str| Ok(self.0.get(name).flatten().cloned());
        several(names, bytes_max, entry)
    }

    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, StoreError> {
        Ok(self.0.page(range, limit))
    }
}

impl Tables {
    fn open(&mut self, actor: &ActorId, by: &SiloId, members: &Members) -> Opened {
        let epoch = self.epoch_floor(actor) + 1;
        let Some(row) = self.actors.get_mut(actor) else {
            return match self.retired.get(actor) {
                Some(at_ms) => Opened::Retired { at_ms: *at_ms },
                None => Opened::Absent { epoch },
            };
        };
        match row.head.clone().opened(by, members) {
            Ok(head) => row.head = head,
            Err((owner, epoch)) => return Opened::Moved { owner, epoch },
        }
        self.stored(actor, OPENED)
            .map_or(Opened::Absent { epoch }, |stored| {
                Opened::Opened(Box::new(stored))
            })
    }

    fn commit(&mut self, commit: &Commit) -> Result<Committed, CommitError> {
        let actor = commit.actor.clone();
        if let Some(handled) = &commit.handled
            && let Some(before) = self.handled.get(&(actor.clone(), handled.id))
        {
            return Err(CommitError::Handled(Box::new(before.clone())));
        }
        if let Some(at_ms) = self.retired.get(&actor) {
            return Err(CommitError::Retired { at_ms: *at_ms });
        }
        let floor = self.epoch_floor(&actor);
        let before = self.actors.get(&actor).map(|row| &row.head);
        // Decided before anything is written: what is refused leaves nothing.
        let head = Head::advanced(before, floor, commit)?;
        let version = head.version;
        let before = before.and_then(|before| before.ended_ms);
        self.note_end(&actor, before, head.ended_ms);
        self.write(&actor, head, commit);
        if let Some(handled) = &commit.handled {
            let key = (actor.clone(), handled.id);
            self.handled.insert(key, handled.reply.clone());
        }
        for write in &commit.delayed {
            let key = delayed_key(&actor, version, write.index);
            let row = DelayedRow {
                key: key.clone(),
                not_before_ms: write.not_before_ms,
                envelope: write.envelope.clone(),
            };
            self.delayed.insert(key, row);
        }
        for write in &commit.reminders {
            self.remind(&actor, write.clone());
        }
        if let Some(cursor) = &commit.cursor {
            let name = cursor_name(&cursor.subscriber, &cursor.stream, &cursor.key);
            self.cursors.insert(name, cursor.position);
        }
        Ok(Committed {
            durability: Durability::Memory,
            log: self.note(commit, version),
        })
    }

    fn write(&mut self, actor: &ActorId, head: Head, commit: &Commit) {
        let row = self.actors.entry(actor.clone()).or_insert_with(|| Actor {
            head: head.clone(),
            state: None,
            entries: EntryMap::default(),
        });
        row.head = head;
        match &commit.state {
            StateWrite::Keep => {}
            StateWrite::Set(state) => row.state = Some(state.clone()),
            // Before the writes below, so that what the clearing turn writes stays.
            StateWrite::Clear => {
                row.state = None;
                row.entries = EntryMap::default();
            }
        }
        for write in &commit.entries {
            match &write.bytes {
                Some(bytes) => row
                    .entries
                    .set(Arc::clone(&write.name), Some(bytes.clone())),
                None => row.entries.forget(&write.name),
            }
        }
    }

    /// Writes the commit's entry of the log, if anything leaves.
    fn note(&mut self, commit: &Commit, version: u64) -> Option<u64> {
        if commit.leaving.is_empty() {
            return None;
        }
        let shard = commit.actor.shard();
        let newest = self.log_newest.entry(shard).or_default();
        *newest += 1;
        let number = *newest;
        let entry = LogEntry {
            key: LogKey { shard, number },
            actor: commit.actor.clone(),
            version,
            at_ms: commit.now_ms,
            leaving: commit.leaving.clone(),
        };
        self.log.entry(shard).or_default().insert(number, entry);
        Some(number)
    }

    pub(super) fn remind(&mut self, actor: &ActorId, write: ReminderWrite) {
        let key = (actor.clone(), Arc::clone(&write.name));
        let old = match &write.reminder {
            Some(new) => self.reminders.insert(key, new.clone()),
            None => self.reminders.remove(&key),
        };
        // Also where the new one is due at another time: each reminder has one row by time.
        if let Some(old) = old {
            let row = (old.due_ms, actor.clone(), Arc::clone(&write.name));
            self.due.remove(&row);
        }
        if let Some(new) = write.reminder {
            // The name is part of it: two reminders may be due in the same millisecond.
            self.due.insert((new.due_ms, actor.clone(), write.name));
        }
    }
}
