//! Why a caller got no answer from an actor. Each case has a stable code; what an
//! actor itself declines is not here but in its reply.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::id::{InvalidId, MessageId};

/// Why a caller got no answer. It travels between processes, so its fields keep their names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum CallError {
    #[error("{0}")]
    InvalidId(#[from] InvalidId),
    #[error("no actor type {actor_type:?} is loaded; known are {known}")]
    UnknownType { actor_type: String, known: String },
    #[error("actor type {actor_type:?} has no method {method:?}; it has {known}")]
    UnknownMethod {
        actor_type: String,
        method: String,
        known: String,
    },
    /// The arguments do not fit. The list has all that is wrong with them, and is never empty.
    #[error("{}", told(mistakes))]
    BadArguments { mistakes: Vec<Mistake> },
    #[error("the call would come back to an actor that waits in its chain: {cycle}")]
    Cycle { cycle: String },
    #[error("the chain of calls is {depth} deep, {limit} is the limit: {chain}")]
    TooDeep {
        depth: usize,
        limit: usize,
        chain: String,
    },
    #[error("the deadline passed {when}; nothing of it was done")]
    Deadline {
        /// At what point it passed, for example `before the turn began`. Other processes know the
        /// field as `place`.
        #[serde(rename = "place")]
        when: Cow<'static, str>,
    },
    /// The guest trapped, or broke one of its limits; `bound` names which.
    #[error("the actor failed ({bound}): {detail}; its state did not change")]
    Failed {
        bound: Cow<'static, str>,
        detail: String,
    },
    #[error("overloaded: {what}; try again in {retry_after_ms} ms")]
    Overloaded { what: String, retry_after_ms: u64 },
    #[error("message id {id} was used before with another content")]
    MessageIdReused { id: MessageId },
    #[error("the actor has moved to another silo")]
    Moved,
    /// It had ended, and its time is over.
    #[error("{actor} is retired: it ended, and is not kept any more")]
    Retired { actor: String },
    #[error(
        "the outcome of message {id} could not be learned: {detail}; ask again with the same id"
    )]
    Unknown { id: MessageId, detail: String },
    #[error("the store refuses work: {detail}")]
    Store { detail: String },
    /// Reads go on, and so does all that makes room.
    #[error("there is no room for it: {detail}; nothing of it was done")]
    StorageFull { detail: String },
    #[error("the silo is shutting down")]
    ShuttingDown,
    /// The caller is in another process, and found no silo.
    #[error("the silo cannot be reached: {detail}; nothing was done")]
    Unreachable { detail: String },
}

/// What is wrong with a call's arguments at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// A JSON pointer to the place in the arguments; empty for the arguments as a whole.
    pub pointer: String,
    pub message: String,
}

/// All mistakes in one line, for a person to read.
#[must_use]
pub fn told(mistakes: &[Mistake]) -> String {
    let told = mistakes.iter();
    let told =
        told.map(|mistake| format!("argument at {:?}: {}", mistake.pointer, mistake.message));
    told.collect::<Vec<_>>().join("; ")
}

impl CallError {
    /// The error for one mistake in the arguments, at `pointer`.
    #[must_use]
    pub fn bad_argument(pointer: &str, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.to_owned(), message.into());
        let mistakes = vec![Mistake { pointer, message }];
        Self::BadArguments { mistakes }
    }

    /// What [`CallError::Deadline`] says of a deadline that passed while the actor worked on
    /// the message.
    pub const IN_TURN: &'static str = "while the turn ran";

    /// The stable name of the kind of error, for machines: problem types, metrics, documentation.
    #[must_use]
    pub fn code(&self) -> &'static str {
        // Each is in the documentation of the API, and never changes.
        match self {
            Self::InvalidId(_) => "invalid-id",
            Self::UnknownType { .. } => "unknown-type",
            Self::UnknownMethod { .. } => "unknown-method",
            Self::BadArguments { .. } => "bad-arguments",
            Self::Cycle { .. } => "cycle",
            Self::TooDeep { .. } => "too-deep",
            Self::Deadline { .. } => "deadline",
            Self::Failed { .. } => "failed",
            Self::Overloaded { .. } => "overloaded",
            Self::MessageIdReused { .. } => "message-id-reused",
            Self::Moved => "moved",
            Self::Retired { .. } => "retired",
            Self::Unknown { .. } => "unknown-outcome",
            Self::Store { .. } => "store",
            Self::StorageFull { .. } => "storage-full",
            Self::ShuttingDown => "shutting-down",
            Self::Unreachable { .. } => "unreachable",
        }
    }

    /// Whether the same message may well succeed a little later. One that was begun and
    /// ran out of time is as likely to run out of it again: it has failed. One that
    /// never got its turn has not.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        // A store that refuses may take the write later; nothing is wrong with the message.
        matches!(
            self,
            Self::Overloaded { .. }
                | Self::Moved
                | Self::Unknown { .. }
                | Self::ShuttingDown
                | Self::Store { .. }
                | Self::StorageFull { .. }
                | Self::Unreachable { .. }
        ) || matches!(self, Self::Deadline { when } if when != Self::IN_TURN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_held_against_a_message_only_in_its_turn() {
        for (when, transient) in [("before the turn began", true), (CallError::IN_TURN, false)] {
            let error = CallError::Deadline { when: when.into() };
            assert_eq!(error.is_transient(), transient, "{error}");
        }
    }
}
