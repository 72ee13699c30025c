//! The trait.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{ActorId, Durability, MessageId, ShardId, SiloId};

use crate::commit::{Commit, CommitTicket};
use crate::retention::Retention;
use crate::row::{
    ActorRecord, Claimed, DeadLetter, DueReminder, HandledRow, Inspected, OutboxKey, OutboxRow,
    StoredDeadLetter, StoredEvent, StoredReply,
};

/// Why a store could not do something else than a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store has stopped itself: after a failed write or fsync nothing it says can be relied on.
    #[error("the store has stopped: {reason}")]
    Poisoned { reason: String },
    #[error("the store is damaged: {detail}")]
    Corrupt { detail: String },
    #[error("{action}: {detail}")]
    Io {
        action: &'static str,
        detail: String,
    },
}

/// What a silo needs from storage. Reads see every commit whose ticket has resolved.
/// A named fact's new value, or its end.
pub type MetaChange = (String, Option<Bytes>);

#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// What a resolved commit survives.
    fn durability(&self) -> Durability;

    /// Why the store has stopped itself; from then on it refuses everything, until the
    /// process starts again. `None` while it works.
    fn stop_reason(&self) -> Option<String> {
        None
    }

    /// Resolves with the reason when the store has stopped itself.
    async fn stopped(&self) -> String {
        std::future::pending().await
    }

    /// Makes `owner` the only one whose commits on `actor` are taken: one atomic step
    /// reads the record, raises its epoch and sets the owner. The claim is durable no
    /// later than the first commit under it.
    async fn claim(&self, actor: &ActorId, owner: &SiloId) -> Result<Claimed, StoreError>;

    /// Whether the actor has a record; one without need not be claimed, see [`Commit`].
    async fn is_known(&self, actor: &ActorId) -> Result<bool, StoreError>;

    /// Keys of the actors of a type that have a record, in an order of the store's own that
    /// stays, after the key `after`. Meant for types with few actors and for operators: a
    /// store may have to look into every shard.
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError>;

    /// Queues the commit; see [`CommitTicket`] for the order.
    fn commit(&self, commit: Commit) -> CommitTicket;

    /// The record as it is, without claiming; `None` for an actor that was never claimed.
    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError>;

    /// The record with all entries, as one commit left them, without claiming.
    async fn copy(&self, actor: &ActorId) -> Result<Option<Claimed>, StoreError>;

    /// What there is of an actor, with `reminders_max` reminders at most; `None` as above.
    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError>;

    /// Whether `actor` has handled this message, and what it answered.
    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError>;

    /// What `actor` has handled and the store has not forgotten, after a message, by id.
    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError>;

    /// Undelivered messages of a shard after a key, in order.
    async fn outbox(
        &self,
        shard: ShardId,
        after: Option<&OutboxKey>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError>;

    /// These were delivered. May become durable later: a row seen again is deduplicated by its receiver.
    async fn outbox_done(&self, keys: Vec<OutboxKey>) -> Result<(), StoreError>;

    /// Reminders with `due_ms <= until_ms`, soonest first.
    async fn reminders_due(
        &self,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError>;

    /// Events of a (stream, key) with a position above `after`, in order.
    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Position of the newest event of a (stream, key); 0 when there never was one.
    async fn stream_head(&self, stream: &str, key: &str) -> Result<u64, StoreError>;

    /// Every key of a stream with the position of its newest event.
    async fn stream_heads(&self, stream: &str) -> Result<Vec<(Arc<str>, u64)>, StoreError>;

    /// Position up to which `subscriber` has been given the events of a (stream, key).
    async fn cursor(&self, subscriber: &str, stream: &str, key: &str) -> Result<u64, StoreError>;

    /// May become durable later: an event given again is deduplicated by its receiver.
    async fn set_cursor(
        &self,
        subscriber: &str,
        stream: &str,
        key: &str,
        position: u64,
    ) -> Result<(), StoreError>;

    /// Keeps the letter under a number above those of all letters before it, even of those
    /// that are gone. Durable when it returns.
    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError>;

    /// Dead letters with a number above `after`, oldest first.
    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError>;

    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError>;

    /// Forgets a dead letter; false when there was none. Durable when it returns.
    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError>;

    /// A named fact about the whole store.
    async fn meta(&self, name: &str) -> Result<Option<Bytes>, StoreError>;

    /// Sets facts, or removes those without a value: all of them or none. Durable when it
    /// returns. Of two changes of one name the later one stands.
    async fn change_metas(&self, changes: Vec<MetaChange>) -> Result<(), StoreError>;

    /// Durable when it returns.
    async fn set_meta(&self, name: &str, value: Bytes) -> Result<(), StoreError> {
        self.change_metas(vec![(name.to_owned(), Some(value))])
            .await
    }

    /// Durable when it returns.
    async fn remove_meta(&self, name: &str) -> Result<(), StoreError> {
        self.change_metas(vec![(name.to_owned(), None)]).await
    }

    /// Facts whose names start with `prefix`, in order of their names, after `after`.
    async fn metas(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError>;

    /// Forgets dedupe records whose time has come and events that `events` lets go, looking
    /// at no more than about `limit` rows; returns how many rows went. The newest event of
    /// a (stream, key) stays, and so does its head.
    async fn expire(
        &self,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError>;
}
