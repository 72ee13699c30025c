//! What an actor declines, and why a call got no answer, as problems.

use pizza_types::{CallError, InvalidId, MessageId, Mistake};
use serde::Deserialize;

use crate::condition;
use crate::problem::{self, Problem};

/// As `pizzeria:types/common.refusal`.
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
                problem.member("allowed", conflict.allowed)
            }
        }
    }
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        Self::new(problem::INVALID_ID, error.to_string())
    }
}

/// `id` is the message that got no answer: asking again with it is safe.
pub(crate) fn call(error: CallError, id: MessageId) -> Problem {
    let detail = error.to_string();
    match error {
        CallError::InvalidId(error) => error.into(),
        CallError::UnknownType { .. } | CallError::UnknownMethod { .. } => {
            Problem::new(problem::NOT_FOUND, detail)
        }
        CallError::BadArguments { mistakes } => invalid(mistakes),
        CallError::Cycle { .. } => Problem::new(problem::CYCLE, detail),
        CallError::TooDeep { .. } => Problem::new(problem::TOO_DEEP, detail),
        CallError::Deadline { .. } => Problem::new(problem::DEADLINE, detail),
        CallError::Failed { bound, .. } => {
            Problem::new(problem::ACTOR_FAILED, detail).member("bound", bound)
        }
        CallError::Overloaded { retry_after_ms, .. } => {
            Problem::new(problem::OVERLOADED, detail).retry_after_ms(retry_after_ms)
        }
        CallError::MessageIdReused { .. } => {
            let detail = "this Idempotency-Key was used before with another body";
            Problem::new(problem::KEY_REUSED, detail)
        }
        CallError::Moved => ask_again(Problem::new(problem::MOVED, detail), id),
        CallError::Unknown { id, .. } => {
            ask_again(Problem::new(problem::UNKNOWN_OUTCOME, detail), id)
        }
        CallError::Store { .. } | CallError::ShuttingDown | CallError::Unreachable { .. } => {
            Problem::new(problem::UNAVAILABLE, detail).retry_after_ms(1_000)
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

fn ask_again(problem: Problem, id: MessageId) -> Problem {
    let id = id.to_string();
    problem.member("messageId", id).retry_after_ms(1_000)
}
