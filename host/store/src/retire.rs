//! Actors that have ended: how they leave the store, and what is left of them.
//!
//! An ended actor is as it was, until it is retired: then its record, state, entries, reminders
//! and delayed messages are gone. For a while a tombstone says so; after that it is as if it had
//! never been, but that its shard's epoch floor keeps out whoever still takes it for alive.

use async_trait::async_trait;
use pizza_types::{ActorId, ShardSet};

use crate::error::StoreError;

/// What a commit says of its actor's end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EndWrite {
    /// An ended actor stays ended, another one lives on.
    #[default]
    Keep,
    /// It has ended, at this time of the silo's durable clock, in milliseconds.
    Set(u64),
    /// It lives, whether it had ended or not.
    Clear,
}

/// An actor that has ended and is still in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedActor {
    pub actor: ActorId,
    /// When it ended, on the silo's durable clock, in milliseconds.
    pub ended_ms: u64,
}

/// Where a reading of ended actors goes on. The default is the beginning of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndedAfter {
    pub ended_ms: u64,
    /// The last one of that time that was read; `None` to begin with the first of it.
    pub last: Option<ActorId>,
}

impl EndedActor {
    /// The place behind this one.
    #[must_use]
    pub fn place(&self) -> EndedAfter {
        EndedAfter {
            ended_ms: self.ended_ms,
            last: Some(self.actor.clone()),
        }
    }
}

/// An actor that is to be retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    pub actor: ActorId,
    /// The version that was seen, and archived: an actor that has committed since is not retired.
    pub version: u64,
    /// When it is retired, on the silo's durable clock, in milliseconds.
    pub now_ms: u64,
}

/// Ended actors on their way out.
#[async_trait]
pub trait RetireStore: Send + Sync + 'static {
    /// Actors of a type in these shards (of a store that one silo has alone, in others too) behind `after` that ended at `until_ms` or before, those that ended first
    /// first.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn ended(
        &self,
        shards: &ShardSet,
        actor_type: &str,
        after: &EndedAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<EndedActor>, StoreError>;

    /// Retires actors that are ended and still of the version that was seen, each of them as one
    /// atomic step: everything of it goes but what it has handled, which stays for its time; a
    /// tombstone is written; and the epoch floor of its shard becomes its epoch, if it was lower.
    /// From then on no commit of the life that has ended is taken, and the first commit of a new
    /// life takes the epoch above the floor. The answer says of each whether it was retired, and
    /// is durable as a commit is.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn retire(&self, retirements: Vec<Retirement>) -> Result<Vec<bool>, StoreError>;

    /// When the actor was retired, on the silo's durable clock, in milliseconds; `None` for one
    /// that was not, or whose tombstone is forgotten.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn retired(&self, actor: &ActorId) -> Result<Option<u64>, StoreError>;

    /// Forgets the tombstones of actors of these shards (a store that one silo has alone may forget others, too) that were retired at `until_ms` or before, the oldest
    /// first and no more than `limit`; returns how many went. An actor without tombstone is one
    /// without a record. It may become durable later.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn forget_retired(
        &self,
        shards: &ShardSet,
        until_ms: u64,
        limit: usize,
    ) -> Result<usize, StoreError>;
}
