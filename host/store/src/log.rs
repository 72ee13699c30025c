//! The log: what leaves a commit for other actors, until it has arrived.
//!
//! A commit writes one entry with everything that is to leave. Whoever guards the actor's shard
//! reads the log in its order, sends the messages, has the events appended to their streams, and
//! forgets what has arrived. Two guardians at once are harmless: actors know a message by its id,
//! and streams know an entry by its shard and number.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{ActorId, Envelope, ShardId, ShardSet};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// The name of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKey {
    pub shard: ShardId,
    /// Rises within the shard with each entry, and is never given twice.
    pub number: u64,
}

/// A stream and the key within it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamKey {
    pub stream: Arc<str>,
    pub key: Arc<str>,
}

impl StreamKey {
    /// The shard where the stream lives. It never changes, for it is part of the data format.
    #[must_use]
    pub fn shard(&self) -> ShardId {
        ShardId::of(&self.stream, &self.key)
    }
}

/// An event, once, with every stream that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// Never empty, and each (stream, key) once.
    pub keys: Vec<StreamKey>,
    pub payload: Bytes,
}

/// What leaves a commit, in its order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Leaving {
    pub messages: Vec<Envelope>,
    pub events: Vec<NewEvent>,
}

impl Leaving {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.events.is_empty()
    }
}

/// What one commit left in the log, as far as it has not arrived.
#[derive(Debug, Clone)]
pub struct LogEntry {
    pub key: LogKey,
    pub actor: ActorId,
    /// The actor's version after the commit.
    pub version: u64,
    /// The date when the turn began, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Without the events in a store that has appended them by itself, see
    /// [`LogStore::relays`].
    pub leaving: Leaving,
}

/// Reading the log, and forgetting what has arrived.
#[async_trait]
pub trait LogStore: Send + Sync + 'static {
    /// Whether the events of an entry wait for [`relay`](Self::relay). A store that is one
    /// ordered log appends them to their streams when it applies the commit, and gives their
    /// positions then.
    fn relays(&self) -> bool;

    /// Those of the shards that have entries, in order.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn log_shards(&self, of: &ShardSet) -> Result<Vec<ShardId>, StoreError>;

    /// Entries of a shard with a number above `after`, in the order of their commits.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn log(
        &self,
        shard: ShardId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError>;

    /// Appends the events of entries of one shard, in the order of the log, to the streams that
    /// they belong to; what a stream has already had of that shard is passed over. Positions are
    /// given here, without gaps. Durable when it returns.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits; some
    /// of the events may be in their streams then, and the rest follows when it is tried again.
    async fn relay(&self, entries: &[LogEntry]) -> Result<(), StoreError>;

    /// Forgets entries of which everything has arrived. It may become durable later: what leaves
    /// again is known to its receivers.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn log_done(&self, keys: Vec<LogKey>) -> Result<(), StoreError>;
}
