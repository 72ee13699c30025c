//! The one atomic write of a turn.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pizza_types::{
    ActorId, Durability, EntryWrite, Envelope, MessageId, ModuleDigest, SiloId, StateWrite,
};

use crate::error::StoreError;
use crate::log::Leaving;
use crate::reminders::Reminder;
use crate::reply::StoredReply;
use crate::retire::EndWrite;

/// All of it or none of it, and only if the message was not handled before and the actor's
/// record still carries `epoch` and `version`. The record's version becomes `version + 1`. An
/// actor without a record is made by its first commit, whose epoch and version are 0: then the
/// epoch is the one above its shard's floor, which is 1 where no actor was ever retired.
#[derive(Debug, Clone)]
pub struct Commit {
    pub actor: ActorId,
    /// The silo whose commit it is; with an epoch of 0 it becomes the owner.
    pub owner: SiloId,
    /// The epoch under which the actor was opened; 0 says that it had no record, and makes it one.
    pub epoch: u64,
    /// The version that the turn ran on.
    pub version: u64,
    /// The date when the turn began, in milliseconds since the Unix epoch; events are stamped
    /// with it.
    pub now_ms: u64,
    /// The module that ran the turn.
    pub module: Option<ModuleDigest>,
    pub state: StateWrite,
    pub entries: Vec<EntryWrite>,
    /// The dedupe record; `None` for messages that are never sent again.
    pub handled: Option<Handled>,
    pub reminders: Vec<ReminderWrite>,
    /// Messages that leave later.
    pub delayed: Vec<DelayedWrite>,
    /// What leaves: it becomes one entry of the log.
    pub leaving: Leaving,
    /// The event that was handled, which needs no dedupe record of its own.
    pub cursor: Option<Cursor>,
    pub ending: EndWrite,
}

/// Up to which position `subscriber` has been given the events of a (stream, key). In a commit it is
/// the actor's own: of its type and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub subscriber: Arc<str>,
    pub stream: Arc<str>,
    pub key: Arc<str>,
    pub position: u64,
}

/// The dedupe record: this message was handled, and this was the answer.
#[derive(Debug, Clone)]
pub struct Handled {
    pub id: MessageId,
    pub reply: StoredReply,
}

/// A message that leaves when its time has come. Its key is (actor, version + 1, index).
#[derive(Debug, Clone)]
pub struct DelayedWrite {
    /// The place among the messages of this commit, from 0.
    pub index: u32,
    /// Not delivered before this time of the silo's durable clock.
    pub not_before_ms: u64,
    pub envelope: Envelope,
}

/// Sets or replaces (`Some`) or removes (`None`) the actor's reminder of that name.
#[derive(Debug, Clone)]
pub struct ReminderWrite {
    pub name: Arc<str>,
    pub reminder: Option<Reminder>,
}

/// A commit that was taken, and is as durable as the store makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    pub durability: Durability,
    /// The number of its entry in the log of the actor's shard; `None` when nothing is left
    /// there to be read.
    pub log: Option<u64>,
}

/// A commit on its way. Commits of one store take effect in the order in which tickets were handed
/// out; dropping a ticket does not take the commit back. Awaited, it tells what became of it.
#[must_use = "whether the commit was taken, only its ticket tells"]
pub struct CommitTicket {
    stage: Stage,
    outcome: Pin<Box<dyn Future<Output = Result<Committed, CommitError>> + Send>>,
}

enum Stage {
    /// The store has yet to decide.
    Undecided,
    Staged,
    Refused(CommitError),
}

impl CommitTicket {
    /// A commit on which the store decides later.
    pub fn undecided(
        outcome: impl Future<Output = Result<Committed, CommitError>> + Send + 'static,
    ) -> Self {
        Self {
            stage: Stage::Undecided,
            outcome: Box::pin(outcome),
        }
    }

    /// A commit that is taken and not durable yet: only the end of the store can lose it, and
    /// with it all that was staged behind it.
    pub fn staged(
        outcome: impl Future<Output = Result<Committed, CommitError>> + Send + 'static,
    ) -> Self {
        Self {
            stage: Stage::Staged,
            outcome: Box::pin(outcome),
        }
    }

    /// A commit that was refused when it was to be staged: nothing was written.
    pub fn refused(error: CommitError) -> Self {
        Self {
            stage: Stage::Refused(error.clone()),
            outcome: Box::pin(ready(Err(error))),
        }
    }

    /// Whether it is taken, so that whoever lives on the same log may go on from it.
    #[must_use]
    pub fn is_staged(&self) -> bool {
        matches!(self.stage, Stage::Staged)
    }

    /// Why it was refused, where that is known at once.
    #[must_use]
    pub fn refusal(&self) -> Option<&CommitError> {
        match &self.stage {
            Stage::Refused(error) => Some(error),
            Stage::Undecided | Stage::Staged => None,
        }
    }
}

impl Future for CommitTicket {
    type Output = Result<Committed, CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.outcome.as_mut().poll(context)
    }
}

impl std::fmt::Debug for CommitTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stage = match &self.stage {
            Stage::Undecided => "undecided",
            Stage::Staged => "staged",
            Stage::Refused(_) => "refused",
        };
        f.debug_tuple("CommitTicket").field(&stage).finish()
    }
}

/// Resolves when all that was staged before is durable.
pub type Tail = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Why a commit was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The message was handled before, and this was the answer. Nothing was written.
    #[error("the message was handled before")]
    Handled(Box<StoredReply>),
    /// The actor was retired then, by the silo's durable clock, and has a tombstone. Nothing was
    /// written.
    #[error("the actor was retired")]
    Retired { at_ms: u64 },
    /// The actor was opened by another activation. Nothing was written.
    #[error("the actor was opened again: epoch {ours} is fenced by {current}")]
    Fenced { ours: u64, current: u64 },
    /// An earlier commit of this activation is missing. Nothing was written.
    #[error("the turn ran on version {ours}, the record has {current}")]
    Stale { ours: u64, current: u64 },
    /// The store takes no work, or the commit cannot be stored at all. Nothing was written.
    #[error("{detail}")]
    Refused { detail: String },
    /// There is no room for it. Nothing was written, and the same commit is taken when there is.
    #[error("{detail}")]
    Full { detail: String },
    /// It may or may not have been written.
    #[error("the outcome of the commit is unknown: {detail}")]
    Unknown { detail: String },
}
