//! How a chef declines what is asked.

use crate::bindings::types::{Conflict, Refusal};

pub(crate) fn conflict(message: &str) -> Refusal {
    Refusal::Conflict(Conflict {
        message: message.to_owned(),
        current: None,
        wanted: None,
        allowed: Vec::new(),
    })
}
