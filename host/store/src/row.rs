//! What is read back from a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{
    ActorId, Envelope, MessageId, MissedPolicy, ModuleDigest, ShardId, SiloId, State,
};
use serde::{Deserialize, Serialize};

/// What is kept of an actor. It is also the directory entry: `owner` and `epoch` say who may
/// write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRecord {
    pub state: Option<State>,
    /// The number of commits so far.
    pub version: u64,
    /// The number of claims so far.
    pub epoch: u64,
    pub owner: SiloId,
    /// The module of the last commit.
    pub module: Option<ModuleDigest>,
}

/// What a claim hands to the new owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub record: ActorRecord,
    pub entries: BTreeMap<Arc<str>, Bytes>,
}

/// What an actor answered to a message; see [`Handled`](crate::Handled).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReply {
    pub fingerprint: [u8; 16],
    pub reply: Bytes,
    pub declined: bool,
    pub expires_at_ms: u64,
}

/// Names a message in the outbox. Keys are in the order in which the rows are: by shard, actor,
/// version, index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OutboxKey {
    pub shard: ShardId,
    pub actor: ActorId,
    /// The actor's version after the commit that wrote the row.
    pub version: u64,
    pub index: u32,
}

/// A message that has not been delivered yet, as far as the store knows.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    pub key: OutboxKey,
    /// Not delivered before this time of the silo's durable clock, as in
    /// [`OutboxWrite`](crate::OutboxWrite).
    pub not_before_ms: u64,
    pub envelope: Envelope,
}

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

/// An event of a (stream, key).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The place in the stream and key: 1 for the first, then one more each.
    pub position: u64,
    /// The date when its turn began, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    pub payload: Bytes,
}

/// An actor as a person sees it: all of it from one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    pub record: ActorRecord,
    /// How many entries there are.
    pub entries: usize,
    /// The reminders by name, no more than were asked for.
    pub reminders: Vec<(Arc<str>, Reminder)>,
}

/// A message that an actor has handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandledRow {
    pub id: MessageId,
    pub reply: StoredReply,
}

/// A dead letter and the number it goes by, which is never given to another.
#[derive(Debug, Clone)]
pub struct StoredDeadLetter {
    pub id: u64,
    pub letter: DeadLetter,
}

/// A message that could not be handled, kept for a person to look at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeadLetter {
    pub envelope: Envelope,
    /// Why the last attempt failed.
    pub error: String,
    /// How often its actor has failed at it.
    pub attempts: u32,
    /// The date when it was given up.
    pub at_ms: u64,
}
