//! How a driver declines what is asked.

use silo_sdk::CallError;

use crate::bindings::types::{Availability, Conflict, DriverState, Refusal, Violation};

pub(crate) fn idle(state: &DriverState) -> Refusal {
    conflict("the driver carries no order", state, &[])
}

/// What the order declines, the driver declines.
pub(crate) fn of_call(error: CallError<Refusal>, state: &DriverState) -> Refusal {
    match error {
        CallError::Refused(refusal) => refusal,
        CallError::Call(failure) => {
            let message = format!("the order gave no answer: {failure:?}");
            conflict(&message, state, &[])
        }
    }
}

pub(crate) fn conflict(message: &str, state: &DriverState, allowed: &[&str]) -> Refusal {
    let current = match state.status {
        Availability::Offline => "offline",
        Availability::Available => "available",
        Availability::Busy => "busy",
    };
    Refusal::Conflict(Conflict {
        message: message.to_owned(),
        current: Some(current.to_owned()),
        wanted: None,
        allowed: allowed.iter().map(ToString::to_string).collect(),
    })
}

pub(crate) fn invalid(pointer: &str, message: &str) -> Refusal {
    Refusal::Invalid(vec![Violation {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    }])
}
