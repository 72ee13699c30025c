//! The trait that a back end implements.

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
    /// The store has stopped itself: after a failed write or fsync nothing it says can be relied
    /// on.
    #[error("the store has stopped: {reason}")]
    Poisoned { reason: String },
    /// What was read is not what was written.
    #[error("the store is damaged: {detail}")]
    Corrupt { detail: String },
    /// It did not happen, and may be tried again.
    #[error("{action}: {detail}")]
    Io {
        action: &'static str,
        detail: String,
    },
}

/// A named fact's new value, or its end.
pub type MetaChange = (String, Option<Bytes>);

/// What a silo needs from storage. Reads see every commit whose ticket has resolved.
///
/// Where a method takes `after` and `limit`, it reads a page: what comes behind `after`, and no
/// more than `limit` of it. A page that is not full is the last one.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// What a commit whose ticket has resolved survives.
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
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn claim(&self, actor: &ActorId, owner: &SiloId) -> Result<Claimed, StoreError>;

    /// Whether the actor has a record; one without need not be claimed, see [`Commit`].
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn is_known(&self, actor: &ActorId) -> Result<bool, StoreError>;

    /// Keys of the actors of a type that have a record, in an order of the store's own that
    /// stays, after the key `after`. Meant for types with few actors and for operators: a
    /// store may have to look into every shard.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError>;

    /// Queues the commit; see [`CommitTicket`] for the order. It does not wait, not even for
    /// room: what does not fit is refused by the ticket.
    fn commit(&self, commit: Commit) -> CommitTicket;

    /// The record as it is, without claiming it; `None` for an actor that was never claimed.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError>;

    /// The record with all entries, as one commit left them, without claiming.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn copy(&self, actor: &ActorId) -> Result<Option<Claimed>, StoreError>;

    /// What there is of an actor, with `reminders_max` reminders at most; `None` for an actor
    /// that was never claimed.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError>;

    /// Whether `actor` has handled this message, and what it answered.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError>;

    /// What `actor` has handled and the store has not forgotten, after a message, by id.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError>;

    /// Undelivered messages of a shard after a key, in order.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn outbox(
        &self,
        shard: ShardId,
        after: Option<&OutboxKey>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError>;

    /// Forgets rows whose messages were delivered. It may become durable later: a row seen again
    /// is deduplicated by its receiver.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn outbox_done(&self, keys: Vec<OutboxKey>) -> Result<(), StoreError>;

    /// Reminders with `due_ms <= until_ms`, soonest first.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn reminders_due(
        &self,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError>;

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

    /// Every key of a stream with the position of its newest event.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn stream_heads(&self, stream: &str) -> Result<Vec<(Arc<str>, u64)>, StoreError>;

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

    /// Keeps the letter under a number above those of all letters before it, even of those
    /// that are gone. Durable when it returns.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError>;

    /// Dead letters with a number above `after`, oldest first.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError>;

    /// One dead letter, by its number; `None` when there is none of that number.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError>;

    /// Forgets a dead letter; false when there was none. Durable when it returns.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError>;

    /// A named fact about the whole store.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn meta(&self, name: &str) -> Result<Option<Bytes>, StoreError>;

    /// Sets facts, or removes those without a value: all of them or none. Durable when it
    /// returns. Of two changes of one name the later one stands.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn change_metas(&self, changes: Vec<MetaChange>) -> Result<(), StoreError>;

    /// Sets one fact. Durable when it returns.
    ///
    /// # Errors
    /// As [`Store::change_metas`].
    async fn set_meta(&self, name: &str, value: Bytes) -> Result<(), StoreError> {
        // One way to write facts, so that a back end has one thing to get right.
        self.change_metas(vec![(name.to_owned(), Some(value))])
            .await
    }

    /// Removes one fact, if there is one. Durable when it returns.
    ///
    /// # Errors
    /// As [`Store::change_metas`].
    async fn remove_meta(&self, name: &str) -> Result<(), StoreError> {
        self.change_metas(vec![(name.to_owned(), None)]).await
    }

    /// Facts whose names start with `prefix`, in order of their names, after `after`.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn metas(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError>;

    /// Forgets dedupe records whose time has come and events that `events` lets go, looking
    /// at no more than about `limit` rows; returns how many rows went. The newest event of
    /// a (stream, key) stays, and so does its head.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn expire(
        &self,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError>;
}
