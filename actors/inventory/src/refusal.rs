//! How an inventory declines what it is asked.

use crate::bindings::types::{Conflict, Refusal, Violation};

pub(crate) fn conflict(message: String) -> Refusal {
    Refusal::Conflict(Conflict {
        message,
        current: None,
        wanted: None,
        allowed: Vec::new(),
    })
}

pub(crate) fn invalid(pointer: &str, message: String) -> Refusal {
    let pointer = pointer.to_owned();
    Refusal::Invalid(vec![Violation { pointer, message }])
}
