//! How a supplier declines what it is asked.

use crate::bindings::types::{Conflict, Refusal};

pub(crate) fn conflict(message: String, current: Option<&str>, wanted: Option<&str>) -> Refusal {
    Refusal::Conflict(Conflict {
        message,
        current: current.map(str::to_owned),
        wanted: wanted.map(str::to_owned),
        allowed: Vec::new(),
    })
}
