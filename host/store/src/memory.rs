//! The store of tests and simulations: ordered maps behind one lock. Nothing in it
//! outlives the process, and that is what its acknowledgements say.

mod tables;

use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use pizza_types::{ActorId, Durability, MessageId, ShardId, SiloId};

use self::tables::{Stream, Tables};
use crate::commit::{Commit, CommitTicket};
use crate::retention::Retention;
use crate::row::{
    ActorRecord, Claimed, DeadLetter, DueReminder, HandledRow, Inspected, OutboxKey, OutboxRow,
    StoredDeadLetter, StoredEvent, StoredReply,
};
use crate::store::{MetaChange, Store, StoreError};

/// The store of tests and simulations. One lock over all of it: a commit takes microseconds,
/// and nothing waits while it is held.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn durability(&self) -> Durability {
        Durability::Memory
    }

    async fn claim(&self, actor: &ActorId, owner: &SiloId) -> Result<Claimed, StoreError> {
        Ok(self.tables.lock().claim(actor, owner))
    }

    async fn is_known(&self, actor: &ActorId) -> Result<bool, StoreError> {
        Ok(self.tables.lock().is_known(actor))
    }

    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        Ok(self.tables.lock().actors(actor_type, after, limit))
    }

    fn commit(&self, commit: Commit) -> CommitTicket {
        // Taken at once, not when the ticket is polled: tickets are ordered as handed out.
        let outcome = self.tables.lock().commit(commit);
        Box::pin(std::future::ready(outcome))
    }

    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError> {
        Ok(self.tables.lock().record(actor))
    }

    async fn copy(&self, actor: &ActorId) -> Result<Option<Claimed>, StoreError> {
        Ok(self.tables.lock().copy(actor))
    }

    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError> {
        Ok(self.tables.lock().inspect(actor, reminders_max))
    }

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        Ok(self.tables.lock().handled(actor, id))
    }

    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError> {
        Ok(self.tables.lock().all_handled(actor, after, limit))
    }

    async fn outbox(
        &self,
        shard: ShardId,
        after: Option<&OutboxKey>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let tables = self.tables.lock();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = tables.outbox.get(&shard);
        Ok(rows.map_or_else(Vec::new, |rows| {
            let found = rows.range((start, Bound::Unbounded)).take(limit);
            found.map(|(_, row)| row.clone()).collect()
        }))
    }

    async fn outbox_done(&self, keys: Vec<OutboxKey>) -> Result<(), StoreError> {
        let mut tables = self.tables.lock();
        for key in keys {
            if let Some(rows) = tables.outbox.get_mut(&key.shard) {
                rows.remove(&key);
            }
        }
        Ok(())
    }

    async fn reminders_due(
        &self,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        Ok(self.tables.lock().reminders_due(until_ms, limit))
    }

    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let tables = self.tables.lock();
        let events = tables.stream(stream, key).map(|s| &s.events);
        let above = (Bound::Excluded(after), Bound::Unbounded);
        Ok(events.map_or_else(Vec::new, |events| {
            let found = events.range(above).take(limit);
            found.map(|(_, event)| event.clone()).collect()
        }))
    }

    async fn stream_head(&self, stream: &str, key: &str) -> Result<u64, StoreError> {
        Ok(self.tables.lock().stream(stream, key).map_or(0, |s| s.head))
    }

    async fn stream_heads(&self, stream: &str) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        let tables = self.tables.lock();
        let head = |(key, stream): (&Arc<str>, &Stream)| (Arc::clone(key), stream.head);
        let keys = tables.streams.get(stream).into_iter().flatten();
        Ok(keys.map(head).collect())
    }

    async fn cursor(&self, subscriber: &str, stream: &str, key: &str) -> Result<u64, StoreError> {
        let name = tables::cursor_name(subscriber, stream, key);
        Ok(self.tables.lock().cursors.get(&name).copied().unwrap_or(0))
    }

    async fn set_cursor(
        &self,
        subscriber: &str,
        stream: &str,
        key: &str,
        position: u64,
    ) -> Result<(), StoreError> {
        // Outside a commit it only skips what cannot be handled, so it goes by no version.
        let name = tables::cursor_name(subscriber, stream, key);
        self.tables.lock().cursors.insert(name, position);
        Ok(())
    }

    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError> {
        Ok(self.tables.lock().add_dead_letter(letter))
    }

    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let tables = self.tables.lock();
        let above = (Bound::Excluded(after), Bound::Unbounded);
        let letters = tables.dead_letters.range(above).take(limit);
        let stored = |(id, letter): (&u64, &DeadLetter)| StoredDeadLetter {
            id: *id,
            letter: letter.clone(),
        };
        Ok(letters.map(stored).collect())
    }

    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        Ok(self.tables.lock().dead_letters.get(&id).cloned())
    }

    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError> {
        Ok(self.tables.lock().dead_letters.remove(&id).is_some())
    }

    async fn meta(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.tables.lock().meta.get(name).cloned())
    }

    async fn change_metas(&self, changes: Vec<MetaChange>) -> Result<(), StoreError> {
        // One lock for all of them: nobody sees some of the changes without the others.
        let mut tables = self.tables.lock();
        for (name, value) in changes {
            match value {
                Some(value) => tables.meta.insert(name, value),
                None => tables.meta.remove(&name),
            };
        }
        Ok(())
    }

    async fn metas(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        let tables = self.tables.lock();
        let facts = tables.meta.range(prefix.to_owned()..);
        let facts = facts.take_while(|(name, _)| name.starts_with(prefix));
        let facts = facts.filter(|(name, _)| after.is_none_or(|after| name.as_str() > after));
        let copy = |(name, value): (&String, &Bytes)| (name.clone(), value.clone());
        Ok(facts.take(limit).map(copy).collect())
    }

    async fn expire(
        &self,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let mut tables = self.tables.lock();
        Ok(tables.expire(now_ms, events, limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn make() -> (Arc<dyn Store>, ()) {
        (Arc::new(MemoryStore::new()), ())
    }

    crate::contract_tests!(make);
}
