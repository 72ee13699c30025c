//! Streams and cursors.

use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use pizza_types::ShardSet;

use super::{MemoryStore, tables};
use crate::error::StoreError;
use crate::streams::{StoredEvent, StreamStore};

#[async_trait]
impl StreamStore for MemoryStore {
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

    async fn stream_heads(
        &self,
        shards: &ShardSet,
        stream: &str,
    ) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        let tables = self.tables.lock();
        let own = tables
            .streams
            .iter()
            .filter(|(of, _)| *of.stream == *stream && shards.contains(of.shard()));
        Ok(own.map(|(of, s)| (Arc::clone(&of.key), s.head)).collect())
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
}
