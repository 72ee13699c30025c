//! From an actor back to a client: its reply, taken apart without copying it.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use pizza_types::Reply;
use serde::{Deserialize, Serialize};

use crate::acknowledgement::{acknowledged, declined_by};
use crate::problem::{self, Problem};
use crate::refused::Refusal;

/// What a method gave that returns `result<T, refusal>`.
pub(crate) fn granted<'r, T: Deserialize<'r>>(reply: &'r Reply) -> Result<T, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Answer<T> {
        Ok(T),
        Err(Refusal),
    }
    match serde_json::from_slice(&reply.body) {
        Ok(Answer::Ok(value)) => Ok(value),
        Ok(Answer::Err(refusal)) => Err(declined_by(refusal.into(), reply)),
        Err(error) => Err(unexpected(&error)),
    }
}

/// What a method gave that returns a plain `T`.
pub(crate) fn plain<'r, T: Deserialize<'r>>(reply: &'r Reply) -> Result<T, Problem> {
    serde_json::from_slice(&reply.body).map_err(|error| unexpected(&error))
}

#[cold]
fn unexpected(error: &serde_json::Error) -> Problem {
    // No fault of the client: a module has another contract than the one built in here.
    tracing::error!(%error, "an actor and the gateway do not understand each other");
    Problem::new(problem::UNEXPECTED_REPLY, error.to_string())
}

/// The answer to a request whose actor gave this reply, with `value` as its body.
pub(crate) fn respond(reply: &Reply, value: &impl Serialize) -> Result<Response, Problem> {
    Ok(acknowledged(json(StatusCode::OK, value)?, reply))
}

pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Result<Response, Problem> {
    // An order with all its fields takes about as much.
    let mut bytes = Vec::with_capacity(512);
    serde_json::to_writer(&mut bytes, value)
        .map_err(|error| Problem::new(problem::INTERNAL, error.to_string()))?;
    Ok(raw(status, bytes.into()))
}

pub(crate) fn raw(status: StatusCode, json: Bytes) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}
