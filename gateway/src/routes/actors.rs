//! `/api/actors/{type}/{key}/{method}`: the generic door to any exported function.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use pizza_types::{ActorId, Reply};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{acknowledged, raw};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::parameters::Path;
use crate::problem::{self, Problem};
use crate::refused::Refusal;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/actors/{type}/{key}/{method}", post(call))
}

/// The arguments are checked against the function's WIT type, where they are used. What
/// is no JSON at all is refused here, with its place.
async fn call(
    caller: Caller,
    Path((actor_type, key, method)): Path<(String, String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let target = ActorId::new(actor_type, key)?;
    let given: Option<&RawValue> = body.parse_or_default()?;
    let reply = match given {
        Some(_) => caller.send(target, &method, body.into_bytes()).await?,
        None => caller.ask(target, &method).await?,
    };
    if reply.declined {
        return Err(declined(&reply));
    }
    let response = if reply.body.is_empty() {
        StatusCode::NO_CONTENT.into_response()
    } else {
        raw(StatusCode::OK, reply.body.clone())
    };
    Ok(acknowledged(response, &reply))
}

/// The pizzeria's refusals are known; another actor's error is handed on as it is.
fn declined(reply: &Reply) -> Problem {
    #[derive(Deserialize)]
    struct Declined<E> {
        err: E,
    }
    if let Ok(Declined { err }) = serde_json::from_slice::<Declined<Refusal>>(&reply.body) {
        return err.into();
    }
    let problem = Problem::new(problem::DECLINED, "the actor declined");
    match serde_json::from_slice::<Declined<Value>>(&reply.body) {
        Ok(Declined { err }) => problem.member("error", err),
        Err(_) => problem,
    }
}
