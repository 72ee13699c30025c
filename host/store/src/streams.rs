//! Streams: events in order, and how far each subscriber is.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::ShardSet;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// An event of a (stream, key).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// The place in the stream and key: 1 for the first, then one more each.
    pub position: u64,
    /// The date when its turn began, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    pub payload: Bytes,
}

/// Reading streams. They are written by way of the log.
#[async_trait]
pub trait StreamStore: Send + Sync + 'static {
    /// Events of a (stream, key) with a position above `after`, in order.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Position of the newest event of a (stream, key); 0 when there never was one.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn stream_head(&self, stream: &str, key: &str) -> Result<u64, StoreError>;

    /// Every key of a stream that lives in one of these shards, with the position of its newest event.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn stream_heads(
        &self,
        shards: &ShardSet,
        stream: &str,
    ) -> Result<Vec<(Arc<str>, u64)>, StoreError>;

    /// Position up to which `subscriber` has been given the events of a (stream, key).
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn cursor(&self, subscriber: &str, stream: &str, key: &str) -> Result<u64, StoreError>;

    /// Moves the cursor. It may become durable later: an event given again is deduplicated by its
    /// receiver.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn set_cursor(
        &self,
        subscriber: &str,
        stream: &str,
        key: &str,
        position: u64,
    ) -> Result<(), StoreError>;
}
