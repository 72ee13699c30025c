//! What is to happen later: reminders of actors, and messages that are to leave after a delay.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_types::{ActorId, Envelope, MissedPolicy, ShardId, ShardSet};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// A durable alarm of an actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// When it is due, on the silo's durable clock, which is near the date until somebody sets
    /// the date.
    pub due_ms: u64,
    /// The period in milliseconds; `None` for a reminder that comes once.
    pub period_ms: Option<u64>,
    /// What becomes of firings that an outage has swallowed.
    pub policy: MissedPolicy,
    /// The actor's version after the commit that set it: with the name, the identity of the
    /// firing. 0 in rows of before there was one.
    pub version: u64,
}

/// A reminder whose time has come, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReminder {
    pub actor: ActorId,
    pub name: Arc<str>,
    pub reminder: Reminder,
}

/// Where a reading of due reminders goes on. The default is the beginning of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DueAfter {
    pub due_ms: u64,
    /// The last one of that time that was read; `None` to begin with the first of it.
    pub last: Option<(ActorId, Arc<str>)>,
}

impl DueReminder {
    /// The place behind this one.
    #[must_use]
    pub fn place(&self) -> DueAfter {
        DueAfter {
            due_ms: self.reminder.due_ms,
            last: Some((self.actor.clone(), Arc::clone(&self.name))),
        }
    }
}

/// Names a delayed message. Keys are in the order in which the rows are: by shard, actor,
/// version, index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DelayedKey {
    pub shard: ShardId,
    pub actor: ActorId,
    /// The actor's version after the commit that wrote the row.
    pub version: u64,
    pub index: u32,
}

/// A message that leaves when its time has come. It has a row of its own, so that the log does
/// not wait for it.
#[derive(Debug, Clone)]
pub struct DelayedRow {
    pub key: DelayedKey,
    /// Not delivered before this time of the silo's durable clock.
    pub not_before_ms: u64,
    pub envelope: Envelope,
}

/// Reading what is due. It is written by commits.
#[async_trait]
pub trait ReminderStore: Send + Sync + 'static {
    /// Reminders of these shards behind `after` with `due_ms <= until_ms`, soonest first.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn reminders_due(
        &self,
        of: &ShardSet,
        after: &DueAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError>;

    /// Delayed messages of these shards behind a key, in the order of their keys.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn delayed(
        &self,
        of: &ShardSet,
        after: Option<&DelayedKey>,
        limit: usize,
    ) -> Result<Vec<DelayedRow>, StoreError>;

    /// Forgets rows whose messages were delivered. It may become durable later: a row seen again
    /// is deduplicated by its receiver.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn delayed_done(&self, keys: Vec<DelayedKey>) -> Result<(), StoreError>;
}
