//! What an actor declines, and why a call got no answer, as problems.

use pizza_http::problem::of_call;
use pizza_types::{CallError, MessageId, Mistake};
use serde::Deserialize;

use crate::condition;
use crate::problem::{self, Kind, Problem};

/// A refusal, as the contract has it: `pizzeria:types/common.refusal`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Refusal {
    Invalid(Vec<Violation>),
    NotFound(String),
    Conflict(Conflict),
    Stale(u64),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Violation {
    pointer: String,
    message: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Conflict {
    message: String,
    current: Option<String>,
    wanted: Option<String>,
    #[serde(default)]
    allowed: Vec<String>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(violations) => {
                let messages: Vec<_> = violations.iter().map(|v| v.message.as_str()).collect();
                let problem = Self::new(problem::INVALID, messages.join("; "));
                let violations = violations.into_iter();
                violations.fold(problem, |problem, violation| {
                    problem.error(violation.pointer, violation.message)
                })
            }
            Refusal::NotFound(what) => Self::new(problem::NOT_FOUND, what),
            Refusal::Stale(version) => condition::stale(version),
            Refusal::Conflict(conflict) => {
                let mut problem = Self::new(problem::CONFLICT, conflict.message);
                for (name, value) in [("from", conflict.current), ("to", conflict.wanted)] {
                    if let Some(value) = value {
                        problem = problem.member(name, value);
                    }
                }
                // Also where it is empty: nothing is allowed, which is news as well.
                problem.member("allowed", conflict.allowed)
            }
        }
    }
}

/// A call that got no answer. `id` is the message: asking again with it is safe.
pub(crate) fn call(error: CallError, id: MessageId) -> Problem {
    let kind = kind(&error);
    match error {
        // The pointers are members of the problem, and need not be in its text.
        CallError::BadArguments { mistakes } => invalid(mistakes),
        CallError::MessageIdReused { .. } => {
            let detail = "this Idempotency-Key was used before with another body";
            Problem::new(kind, detail)
        }
        CallError::Moved => of_call(error, kind).member("messageId", id.to_string()),
        // It names the message itself, which may be another one than that of the request.
        CallError::Unknown { id, .. } => of_call(error, kind).member("messageId", id.to_string()),
        error => of_call(error, kind),
    }
}

fn kind(error: &CallError) -> Kind {
    match error {
        CallError::InvalidId(_) => problem::INVALID_ID,
        CallError::UnknownType { .. } | CallError::UnknownMethod { .. } => problem::NOT_FOUND,
        CallError::BadArguments { .. } => problem::INVALID,
        CallError::Cycle { .. } => problem::CYCLE,
        CallError::TooDeep { .. } => problem::TOO_DEEP,
        CallError::Deadline { .. } => problem::DEADLINE,
        CallError::Failed { .. } => problem::ACTOR_FAILED,
        CallError::Overloaded { .. } => problem::OVERLOADED,
        CallError::MessageIdReused { .. } => problem::KEY_REUSED,
        CallError::Moved => problem::MOVED,
        CallError::Retired { .. } => problem::RETIRED,
        CallError::Unknown { .. } => problem::UNKNOWN_OUTCOME,
        CallError::StorageFull { .. } => problem::STORAGE_FULL,
        CallError::Store { .. } | CallError::ShuttingDown | CallError::Unreachable { .. } => {
            problem::UNAVAILABLE
        }
    }
}

fn invalid(mistakes: Vec<Mistake>) -> Problem {
    let messages: Vec<&str> = mistakes.iter().map(|m| m.message.as_str()).collect();
    let problem = Problem::new(problem::INVALID, messages.join("; "));
    let mistakes = mistakes.into_iter();
    mistakes.fold(problem, |problem, mistake| {
        problem.error(mistake.pointer, mistake.message)
    })
}
