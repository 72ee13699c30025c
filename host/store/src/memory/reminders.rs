//! What is due.

use std::ops::Bound;

use async_trait::async_trait;
use pizza_types::{ActorId, ShardSet};

use super::MemoryStore;
use super::tables::Tables;
use crate::error::StoreError;
use crate::reminders::{DelayedKey, DelayedRow, DueAfter, DueReminder, ReminderStore};

#[async_trait]
impl ReminderStore for MemoryStore {
    async fn reminders_due(
        &self,
        of: &ShardSet,
        after: &DueAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        Ok(self.tables.lock().due(of, after, until_ms, limit))
    }

    async fn delayed(
        &self,
        of: &ShardSet,
        after: Option<&DelayedKey>,
        limit: usize,
    ) -> Result<Vec<DelayedRow>, StoreError> {
        let tables = self.tables.lock();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = tables.delayed.range((start, Bound::Unbounded));
        let rows = rows.filter(|(key, _)| of.contains(key.shard));
        Ok(rows.take(limit).map(|(_, row)| row.clone()).collect())
    }

    async fn delayed_done(&self, keys: Vec<DelayedKey>) -> Result<(), StoreError> {
        let mut tables = self.tables.lock();
        for key in keys {
            tables.delayed.remove(&key);
        }
        Ok(())
    }
}

impl Tables {
    fn due(
        &self,
        of: &ShardSet,
        after: &DueAfter,
        until_ms: u64,
        limit: usize,
    ) -> Vec<DueReminder> {
        let behind =
            |(due_ms, actor, name): &&(u64, ActorId, std::sync::Arc<str>)| match &after.last {
                Some((last, last_name)) => (*due_ms, actor, name) > (after.due_ms, last, last_name),
                None => *due_ms >= after.due_ms,
            };
        let due = self.due.iter().skip_while(|row| !behind(row));
        let due = due.take_while(|(due, ..)| *due <= until_ms);
        let due = due.filter(|(_, actor, _)| of.contains(actor.shard()));
        due.take(limit)
            .filter_map(|(_, actor, name)| {
                let key = (actor.clone(), name.clone());
                let reminder = self.reminders.get(&key)?.clone();
                let (actor, name) = key;
                Some(DueReminder {
                    actor,
                    name,
                    reminder,
                })
            })
            .collect()
    }
}
