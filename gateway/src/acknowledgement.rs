//! What a client should know of every actor's reply, whether it granted or declined: how
//! durable it is, and whether it was given before.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use pizza_types::{Durability, Reply};

use crate::problem::Problem;

const DURABILITY: HeaderName = HeaderName::from_static("x-durability");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Says how durable the answer is, and whether it was given before.
pub(crate) fn acknowledged(mut response: Response, reply: &Reply) -> Response {
    for (name, value) in headers(reply) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Adds the same headers to a problem with which an actor declined, so that a client that sends its
/// request again is told that this is a replay.
pub(crate) fn declined_by(problem: Problem, reply: &Reply) -> Problem {
    headers(reply).fold(problem, |problem, (name, value)| {
        problem.header(name, value)
    })
}

fn headers(reply: &Reply) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let durability = match durability_text(reply.durability) {
        Cow::Borrowed(text) => HeaderValue::from_static(text),
        // Digits and parentheses are always fit for a header.
        Cow::Owned(text) => {
            HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("replicated"))
        }
    };
    let replayed = reply.replayed.then(|| HeaderValue::from_static("true"));
    let replayed = replayed.map(|value| (REPLAYED, value));
    std::iter::once((DURABILITY, durability)).chain(replayed)
}

/// How durable something is, as clients are told.
pub(crate) fn durability_text(durability: Durability) -> Cow<'static, str> {
    match durability {
        Durability::Memory => "memory".into(),
        Durability::Process => "process".into(),
        Durability::Fsync => "fsync".into(),
        Durability::Replicated(copies) => format!("replicated({copies})").into(),
    }
}
