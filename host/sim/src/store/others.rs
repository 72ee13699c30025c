//! The other parts of the store: they take their time too.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::{
    DelayedKey, DelayedRow, DueAfter, DueReminder, InspectionStore as _, LogEntry, LogKey,
    LogStore, ReminderStore, StoreError, StoredEvent, StreamStore,
};
use pizza_types::{ShardId, ShardSet};

use super::SimStore;
use crate::planted::Planted;

/// How much too early reminders are told to be due, in milliseconds.
const EARLY_MS: u64 = 2_000;

pizza_store::delegate!(
    SimStore, inner: RetireStore, DeadLetterStore, FactStore, InspectionStore
);

#[async_trait]
impl LogStore for SimStore {
    fn relays(&self) -> bool {
        self.inner.relays()
    }

    async fn log_shards(&self, of: &ShardSet) -> Result<Vec<ShardId>, StoreError> {
        self.trip().await?;
        self.inner.log_shards(of).await
    }

    async fn log(
        &self,
        shard: ShardId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.trip().await?;
        let entries = self.inner.log(shard, after, limit).await;
        self.trip().await?;
        entries
    }

    async fn relay(&self, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.trip().await?;
        let mut entries = entries.to_vec();
        if self.planted == Planted::RelaySkips {
            entries.retain(|_| !self.is_now(100));
        }
        self.inner.relay(&entries).await?;
        self.trip().await
    }

    async fn log_done(&self, keys: Vec<LogKey>) -> Result<(), StoreError> {
        self.trip().await?;
        self.inner.log_done(keys).await
    }
}

#[async_trait]
impl ReminderStore for SimStore {
    async fn reminders_due(
        &self,
        of: &ShardSet,
        after: &DueAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        self.trip().await?;
        match self.planted {
            Planted::ReminderEarly => {
                let mut after = after.clone();
                if after.due_ms > 0 {
                    after.due_ms += EARLY_MS;
                }
                let until_ms = until_ms.saturating_add(EARLY_MS);
                let mut rows = self
                    .inner
                    .reminders_due(of, &after, until_ms, limit)
                    .await?;
                for row in &mut rows {
                    row.reminder.due_ms -= EARLY_MS;
                }
                Ok(rows)
            }
            Planted::ReminderJudgedLocally => {
                let mut rows = self.inner.reminders_due(of, after, until_ms, limit).await?;
                for row in &rows {
                    let record = self.inner.record(&row.actor).await?;
                    let is_here = record.is_some_and(|r| r.owner.0.starts_with(self.name));
                    if !is_here {
                        let key = (row.actor.clone(), row.reminder.version);
                        self.dropped.lock().insert(key);
                    }
                }
                let dropped = self.dropped.lock();
                rows.retain(|row| !dropped.contains(&(row.actor.clone(), row.reminder.version)));
                Ok(rows)
            }
            _ => self.inner.reminders_due(of, after, until_ms, limit).await,
        }
    }

    async fn delayed(
        &self,
        of: &ShardSet,
        after: Option<&DelayedKey>,
        limit: usize,
    ) -> Result<Vec<DelayedRow>, StoreError> {
        self.trip().await?;
        self.inner.delayed(of, after, limit).await
    }

    async fn delayed_done(&self, keys: Vec<DelayedKey>) -> Result<(), StoreError> {
        self.trip().await?;
        self.inner.delayed_done(keys).await
    }
}

#[async_trait]
impl StreamStore for SimStore {
    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.trip().await?;
        self.inner.events(stream, key, after, limit).await
    }

    async fn stream_head(&self, stream: &str, key: &str) -> Result<u64, StoreError> {
        self.trip().await?;
        self.inner.stream_head(stream, key).await
    }

    async fn stream_heads(
        &self,
        shards: &ShardSet,
        stream: &str,
    ) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        self.trip().await?;
        self.inner.stream_heads(shards, stream).await
    }

    async fn cursor(&self, subscriber: &str, stream: &str, key: &str) -> Result<u64, StoreError> {
        self.trip().await?;
        self.inner.cursor(subscriber, stream, key).await
    }

    async fn set_cursor(
        &self,
        subscriber: &str,
        stream: &str,
        key: &str,
        position: u64,
    ) -> Result<(), StoreError> {
        self.trip().await?;
        self.inner
            .set_cursor(subscriber, stream, key, position)
            .await
    }
}
