//! What became of a call to an actor that got no answer.

use pizza_types::CallError;

use super::Problem;
use super::kinds::{Kind, StatusCode};

/// When to ask again after something that passes by itself, and does not say when: a silo that
/// starts takes about as long.
pub const PASSES_MS: u64 = 1_000;

/// When to ask again where there is no room: somebody has to make some.
pub const ROOM_MS: u64 = 5_000;

/// The status that says what became of the call. Every API gives the same one.
#[must_use]
pub fn status_of(error: &CallError) -> StatusCode {
    match error {
        CallError::UnknownType { .. } | CallError::UnknownMethod { .. } => StatusCode::NOT_FOUND,
        CallError::InvalidId(_)
        | CallError::BadArguments { .. }
        | CallError::MessageIdReused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        // 508 says what happened: actors called each other in a circle, or too far.
        CallError::Cycle { .. } | CallError::TooDeep { .. } => StatusCode::LOOP_DETECTED,
        CallError::Retired { .. } => StatusCode::GONE,
        CallError::Deadline { .. } => StatusCode::GATEWAY_TIMEOUT,
        CallError::Failed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        CallError::StorageFull { .. } => StatusCode::INSUFFICIENT_STORAGE,
        CallError::Overloaded { .. }
        | CallError::Moved
        | CallError::Unknown { .. }
        | CallError::Store { .. }
        | CallError::ShuttingDown
        | CallError::Unreachable { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A failed call as a problem: with what is wrong with its arguments, and with the time to come
/// back where it may succeed then. `kind` is the API's own name for the error, whose status is
/// that of [`status_of`].
#[must_use]
pub fn of_call(error: CallError, kind: Kind) -> Problem {
    let status = status_of(&error);
    debug_assert_eq!(kind.status, status, "{error}");
    let problem = Problem::new(kind, error.to_string());
    match error {
        CallError::BadArguments { mistakes } => {
            let mistakes = mistakes.into_iter();
            mistakes.fold(problem, |problem, mistake| {
                problem.error(mistake.pointer, mistake.message)
            })
        }
        CallError::Failed { bound, .. } => problem.member("bound", bound),
        CallError::Overloaded { retry_after_ms, .. } => problem.retry_after_ms(retry_after_ms),
        CallError::StorageFull { .. } => problem.retry_after_ms(ROOM_MS),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => problem.retry_after_ms(PASSES_MS),
        _ => problem,
    }
}
