//! What can be asked of the committer, and what is answered.

use pizza_store::apply::Head;
use pizza_store::{CommitError, Committed, Members, StoreError};
use pizza_types::SiloId;
use tokio::sync::oneshot::Sender;

use super::prepare::Prepared;
use crate::overlay::RowChange;

pub(crate) enum Op {
    Commit(Box<Prepared>, Sender<Result<Committed, CommitError>>),
    /// Opens an actor for a silo.
    Open {
        actor: Vec<u8>,
        by: SiloId,
        members: Members,
        answer: Sender<Result<OpenedHead, StoreError>>,
    },
    Write {
        rows: Vec<RowChange>,
        /// Whether it must be durable before it is answered.
        sync: bool,
        answer: Sender<Result<(), StoreError>>,
    },
    /// Adds a dead letter; answered with its number.
    AddDeadLetter {
        letter: Vec<u8>,
        answer: Sender<Result<u64, StoreError>>,
    },
    /// Removes dedupe rows, if they are still expired, and events.
    Forget {
        handled: Vec<Vec<u8>>,
        events: Vec<Vec<u8>>,
        now_ms: u64,
        answer: Sender<Result<usize, StoreError>>,
    },
    /// Ends the committer once all that was asked before is answered.
    Close,
}

/// How it went to open an actor.
pub(crate) enum OpenedHead {
    Absent,
    /// The head as the opening made it.
    Opened(Head),
    Moved(SiloId),
}

/// A request that is staged, and is answered once it is known whether its group was written.
pub(crate) enum Pending {
    Commit(
        Result<Committed, CommitError>,
        Sender<Result<Committed, CommitError>>,
    ),
    Open(
        Result<OpenedHead, StoreError>,
        Sender<Result<OpenedHead, StoreError>>,
    ),
    Write(Sender<Result<(), StoreError>>),
    AddDeadLetter(u64, Sender<Result<u64, StoreError>>),
    Forget(Result<usize, StoreError>, Sender<Result<usize, StoreError>>),
}

impl Op {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Commit(commit, _) => commit.bytes,
            Self::Write { rows, .. } => rows
                .iter()
                .map(|(_, key, value)| key.len() + value.as_ref().map_or(0, Vec::len))
                .sum(),
            Self::AddDeadLetter { letter, .. } => letter.len(),
            Self::Open { .. } | Self::Forget { .. } | Self::Close => 0,
        }
    }

    /// Answers that nothing of it was written. An asker that has gone does not need the answer.
    pub(crate) fn refuse(self, reason: &str) {
        let poisoned = || StoreError::Poisoned {
            reason: reason.to_owned(),
        };
        match self {
            Self::Commit(_, answer) => {
                let detail = poisoned().to_string();
                let _ = answer.send(Err(CommitError::Refused { detail }));
            }
            Self::Open { answer, .. } => {
                let _ = answer.send(Err(poisoned()));
            }
            Self::Write { answer, .. } => {
                let _ = answer.send(Err(poisoned()));
            }
            Self::AddDeadLetter { answer, .. } => {
                let _ = answer.send(Err(poisoned()));
            }
            Self::Forget { answer, .. } => {
                let _ = answer.send(Err(poisoned()));
            }
            Self::Close => {}
        }
    }
}

impl Pending {
    /// `failed` says why the group may not have been written.
    pub(crate) fn resolve(self, failed: Option<&str>) {
        let written = failed.map_or(Ok(()), |reason| {
            Err(StoreError::Poisoned {
                reason: reason.to_owned(),
            })
        });
        match self {
            Self::Commit(staged, answer) => {
                let unknown = |reason: &str| CommitError::Unknown {
                    detail: reason.to_owned(),
                };
                let written = failed.map_or(Ok(()), |reason| Err(unknown(reason)));
                // What was refused before the write is refused for sure, whatever became of the
                // others.
                let outcome = staged.and_then(|committed| written.map(|()| committed));
                let _ = answer.send(outcome);
            }
            Self::Open(staged, answer) => {
                let _ = answer.send(staged.and_then(|opened| written.map(|()| opened)));
            }
            Self::Write(answer) => {
                let _ = answer.send(written);
            }
            Self::AddDeadLetter(number, answer) => {
                let _ = answer.send(written.map(|()| number));
            }
            Self::Forget(staged, answer) => {
                let _ = answer.send(staged.and_then(|count| written.map(|()| count)));
            }
        }
    }
}
