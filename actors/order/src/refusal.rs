//! How an order declines what it is asked.

use silo_sdk::context;

use crate::bindings::types::{Conflict, Refusal, Status};
use crate::moves;

pub(crate) fn unknown() -> Refusal {
    Refusal::NotFound(format!("there is no order {}", context::key()))
}

pub(crate) fn conflict(
    message: String,
    current: Option<Status>,
    wanted: Option<Status>,
) -> Refusal {
    let name = |status: Status| moves::name(status).to_owned();
    let allowed = current.map(moves::allowed).unwrap_or_default();
    Refusal::Conflict(Conflict {
        message,
        current: current.map(name),
        wanted: wanted.map(name),
        allowed: allowed.iter().copied().map(name).collect(),
    })
}
