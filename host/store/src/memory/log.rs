//! The log, and the streams that its reader appends to.

use async_trait::async_trait;
use pizza_types::{ShardId, ShardSet};

use super::MemoryStore;
use super::tables::Tables;
use crate::error::StoreError;
use crate::log::{LogEntry, LogKey, LogStore, NewEvent};
use crate::streams::StoredEvent;

#[async_trait]
impl LogStore for MemoryStore {
    fn relays(&self) -> bool {
        true
    }

    async fn log_shards(&self, of: &ShardSet) -> Result<Vec<ShardId>, StoreError> {
        let tables = self.tables.lock();
        let shards = tables.log.keys().copied();
        Ok(shards.filter(|shard| of.contains(*shard)).collect())
    }

    async fn log(
        &self,
        shard: ShardId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let tables = self.tables.lock();
        let Some(entries) = tables.log.get(&shard) else {
            return Ok(Vec::new());
        };
        // Nothing is behind the highest number.
        let from = after.checked_add(1);
        let entries = from.map(|from| entries.range(from..)).into_iter().flatten();
        Ok(entries.take(limit).map(|(_, e)| e.clone()).collect())
    }

    async fn relay(&self, entries: &[LogEntry]) -> Result<(), StoreError> {
        let mut tables = self.tables.lock();
        for entry in entries {
            tables.relay(entry);
        }
        Ok(())
    }

    async fn log_done(&self, keys: Vec<LogKey>) -> Result<(), StoreError> {
        let mut tables = self.tables.lock();
        for LogKey { shard, number } in keys {
            if let Some(entries) = tables.log.get_mut(&shard) {
                entries.remove(&number);
                if entries.is_empty() {
                    tables.log.remove(&shard);
                }
            }
        }
        Ok(())
    }
}

impl Tables {
    fn relay(&mut self, entry: &LogEntry) {
        let LogKey { shard, number } = entry.key;
        // First all of it, then the marks: one entry may have several events for one stream.
        for event in &entry.leaving.events {
            self.append(event, entry);
        }
        for of in entry.leaving.events.iter().flat_map(|event| &event.keys) {
            let stream = self.streams.entry(of.clone()).or_default();
            let mark = stream.relayed.entry(shard).or_default();
            *mark = number.max(*mark);
        }
    }

    fn append(&mut self, event: &NewEvent, entry: &LogEntry) {
        for of in &event.keys {
            let stream = self.streams.entry(of.clone()).or_default();
            let mark = stream.relayed.get(&entry.key.shard);
            if mark.is_some_and(|mark| *mark >= entry.key.number) {
                continue;
            }
            stream.head += 1;
            let row = StoredEvent {
                position: stream.head,
                at_ms: entry.at_ms,
                payload: event.payload.clone(),
            };
            stream.events.insert(stream.head, row);
        }
    }
}
