//! Actors: who may write, and what was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{ActorId, MessageId, ModuleDigest, SiloId, State};
use serde::{Deserialize, Serialize};

use crate::commit::{Commit, CommitTicket, Tail};
use crate::entries::EntryView;
use crate::error::StoreError;
use crate::members::Members;
use crate::reminders::Reminder;
use crate::reply::StoredReply;

/// What is kept of an actor. It is also the directory entry: `owner` and `epoch` say who may
/// write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRecord {
    pub state: Option<State>,
    /// The number of commits so far.
    pub version: u64,
    /// The number of times that the actor was opened or made.
    pub epoch: u64,
    pub owner: SiloId,
    /// The module of the last commit.
    pub module: Option<ModuleDigest>,
    /// When the actor ended, on the silo's durable clock, in milliseconds; `None` while it lives.
    pub ended_ms: Option<u64>,
}

/// An actor: what its owner goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredActor {
    pub record: ActorRecord,
    /// Those with the lowest names where there are more, otherwise all.
    pub entries: BTreeMap<Arc<str>, Bytes>,
    /// Whether there are more entries than these; a copy has all of them.
    pub more: bool,
    pub reminders: BTreeMap<Arc<str>, Reminder>,
}

/// How it went to open an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It has no record, and was given none: its first commit makes it. `epoch` is the one that it
    /// takes then, if no actor of its shard is retired before.
    Absent { epoch: u64 },
    /// Whoever asked is its owner now, under a new epoch.
    Opened(Box<StoredActor>),
    /// A silo that may be alive owns it, since it opened it under this epoch; nothing was changed.
    Moved { owner: SiloId, epoch: u64 },
    /// It was retired then, by the silo's durable clock, and is not to be asked any more.
    Retired { at_ms: u64 },
}

/// Opening actors, and the one write of a turn.
#[async_trait]
pub trait ActorStore: Send + Sync + 'static {
    /// Makes `by` the owner of an actor that has a record, if nobody who may be alive by
    /// `members` owns it, or whoever does has released it: one atomic step reads the record, raises its epoch and sets the owner,
    /// and from then on only the owner's commits are taken. It is durable no later than the
    /// first commit under it. Of the entries it gives as many as [`OPENED`](crate::entries::OPENED)
    /// says, and tells whether there are more.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError>;

    /// The entries of an actor as they are now, to be read as long as one likes: with every
    /// commit whose ticket has resolved, with every commit that an answered opening has shown, and
    /// with none that is queued later. An actor without a record has none.
    ///
    /// # Errors
    /// When the store has stopped itself.
    fn entries(&self, actor: &ActorId) -> Result<Arc<dyn EntryView>, StoreError>;

    /// Queues the commit; see [`CommitTicket`] for the order. It does not wait, not even for
    /// room: what does not fit is refused by the ticket. A commit whose outcome is not known may
    /// be sent again as it is.
    ///
    /// Where all actors' commits are one ordered log that only this process writes, it is decided
    /// here, and the ticket says so ([`CommitTicket::is_staged`]): nothing refuses it afterwards
    /// but the end of the store. `open` sees it from then on, other reads when it is durable.
    fn commit(&self, commit: Arc<Commit>) -> CommitTicket;

    /// What is staged and not durable yet, of all actors: whatever is told outside waits for it,
    /// if what it tells may stand on it. `None` when nothing is, and always where commits are not
    /// decided as they are staged: there each is waited for by itself.
    fn tail(&self) -> Option<Tail> {
        None
    }

    /// Whether `actor` has handled this message, and what it answered.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError>;
}
