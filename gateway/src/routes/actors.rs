//! `/api/actors/{type}/{key}/{method}`: the generic door to any exported function.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use pizza_client::Call;
use pizza_types::ActorId;
use serde::Deserialize;

use crate::body::{Path, Raw};
use crate::idempotency::Idempotency;
use crate::problem::{Problem, Refusal};
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/actors/{type}/{key}/{method}", post(call))
}

/// The arguments are checked against the function's WIT type, where they are used.
async fn call(
    State(app): State<App>,
    Path((actor_type, key, method)): Path<(String, String, String)>,
    Idempotency(id): Idempotency,
    Raw(arguments): Raw,
) -> Result<Response, Problem> {
    let target = ActorId::new(actor_type, key).map_err(pizza_types::CallError::from)?;
    let mut call = Call::new(target, &method).id(id);
    call.arguments = arguments;
    let reply = app.client().raw(call).await?;
    if reply.declined {
        return Err(declined(&reply.body));
    }
    if reply.body.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((kind, reply.body).into_response())
}

/// The pizzeria's refusals are known; another actor's error is handed on as it is.
fn declined(body: &Bytes) -> Problem {
    #[derive(Deserialize)]
    struct Declined<E> {
        err: E,
    }
    if let Ok(Declined { err }) = serde_json::from_slice::<Declined<Refusal>>(body) {
        return err.into();
    }
    let detail = "the actor declined";
    let problem = Problem::new(StatusCode::CONFLICT, "declined", detail);
    match serde_json::from_slice::<Declined<serde_json::Value>>(body) {
        Ok(Declined { err }) => problem.with("error", err),
        Err(_) => problem,
    }
}
