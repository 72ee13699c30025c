//! `/api/actors/{type}/{key}/{method}`: any exported function of any actor.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use pizza_http::extract::Path;
use pizza_types::{ActorId, Reply};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::acknowledgement::{acknowledged, declined_by};
use crate::answer::raw;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::endpoint::{Endpoint, post};
use crate::ownership::Ownership;
use crate::problem::{self, Problem};
use crate::refused::Refusal;
use crate::schema::Schemas;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let generic = post("/api/actors/{type}/{key}/{method}", call)
        .summary("Call any function of any actor; its arguments by name or in order")
        .by(&[], Ownership::Anything)
        .may_take(|_| json!({"type": ["object", "array"], "items": {}}))
        .declines(&[problem::DECLINED])
        .gives(Schemas::anything)
        .or_nothing("No Content");
    vec![generic]
}

/// The arguments are checked against the function's WIT type, where they are used. What
/// is no JSON at all is refused here, with its place.
async fn call(
    caller: Caller,
    Path((actor_type, key, method)): Path<(String, String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let target = ActorId::new(actor_type, key)?;
    let actor_type = target.actor_type().to_owned();
    let reply = if body.is_given()? {
        let reply = caller.send(target, &method, body.bytes()).await;
        reply.map_err(|problem| also_beyond(problem, &body, &actor_type, &method))?
    } else {
        caller.ask(target, &method).await?
    };
    // A refusal is a reply too, so that it is durable and replayed like one.
    if reply.declined {
        return Err(declined_by(declined(&reply), &reply));
    }
    // A function without a result gives no JSON, not even `null`.
    let response = if reply.body.is_empty() {
        StatusCode::NO_CONTENT.into_response()
    } else {
        raw(StatusCode::OK, reply.body.clone())
    };
    Ok(acknowledged(response, &reply))
}

/// What the host says of types, and what the contract says of values: all that is wrong.
fn also_beyond(problem: Problem, body: &JsonBody, actor_type: &str, method: &str) -> Problem {
    if problem.kind() != problem::INVALID {
        return problem;
    }
    let beyond = body.beyond(actor_type, method).into_iter();
    beyond.fold(problem, |problem, found| {
        if problem.has_error_at(&found.pointer) {
            return problem;
        }
        problem.error(found.pointer, found.message)
    })
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
