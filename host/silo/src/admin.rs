//! What an operator may ask of a running silo, over HTTP with a bearer token.
//!
//! In reading order:
//! - [`token`], [`rights`]: who may ask, and for what
//! - [`problem`]: every error that is answered
//! - [`extract`]: what a request carries, refused as problems
//! - [`state`]: what the routes work on
//! - [`dead_letters`], [`actors`], [`follow`], [`modules`], [`plugins`], [`streams`], [`cluster`], [`stats`], [`rates`],
//!   [`backup`], [`webhooks`]: the routes
//! - [`edge`]: what an edge in another process asks; [`use_exchange`]: what gateways tell each other
//! - [`view`], [`msgpack`], [`whole`](mod@whole): what the answers are made of

mod actors;
mod backup;
mod cluster;
mod dead_letters;
mod edge;
mod extract;
mod follow;
mod modules;
mod msgpack;
mod plugins;
mod problem;
mod rates;
mod rights;
mod state;
mod stats;
mod streams;
mod token;
mod use_exchange;
mod view;
mod webhooks;
mod whole;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use pizza_http::problem::{Vocabulary, write_body};
use pizza_http::{Admission, answer, with_admission};
use serde_json::json;

use self::problem::Problem;
pub use self::rights::Tokens;
use self::rights::{Routes, authorize};
pub(crate) use self::state::Admin;
pub use self::token::{Token, TokenError};
pub(crate) use self::whole::whole;

/// The seconds after which to ask again whether a silo is ready. A start takes about as long.
const READY_RETRY_S: &str = "1";
/// The largest body of a request: as much as an actor takes by default, and a little more for it
/// to refuse by itself.
const BODY_BYTES_MAX: usize = (1 << 20) + 4096;

fn routes() -> Routes {
    Routes::default()
        .for_operators("/stats", get(stats::stats))
        .for_operators("/rates", get(rates::rates))
        .merge(dead_letters::routes())
        .merge(actors::routes())
        .merge(follow::routes())
        .merge(backup::routes())
        .merge(modules::routes())
        .merge(plugins::routes())
        .merge(streams::routes())
        .merge(cluster::routes())
        .merge(webhooks::routes())
        .merge(edge::routes())
}

pub(crate) fn router(admin: Admin, tokens: Tokens, admission: Admission) -> Router {
    let transport = Arc::clone(admin.client.transport());
    let (routes, guard) = routes().guarded_by(tokens);
    let guarded = routes
        // Behind the token, so that nobody without it learns which paths there are.
        .fallback(async || Problem::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || Problem::method())
        .with_state(admin)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(guard, authorize));
    // Whether the process lives, and can work, is no secret, and what watches it has no
    // token. Why it cannot is in `/stats`.
    let live = get(async || Json(json!({"status": "live"})));
    let ready = get(async move || {
        if transport.readiness().await.ready {
            return Json(json!({"status": "ready"})).into_response();
        }
        let body = Json(json!({"status": "not-ready"}));
        let wait = [(RETRY_AFTER, READY_RETRY_S)];
        (StatusCode::SERVICE_UNAVAILABLE, wait, body).into_response()
    });
    let routes = Router::new()
        .route("/health/live", live)
        .route("/health/ready", ready)
        .merge(guarded);
    // Outside the token's check, so that guessing at it is bounded, too.
    let routes = with_admission(routes, admission, |refusal| {
        pizza_http::Problem::from(refusal).into_response()
    });
    routes.layer(from_fn(finish))
}

/// What happens to every answer, whatever gave it: a problem gets its body, a panic becomes one,
/// and no browser and no proxy keeps what is for the operator alone.
async fn finish(request: Request, next: Next) -> Response {
    let mut response = answer::or_panicked(next.run(request)).await;
    write_body(&mut response, &Vocabulary::FOR_OPERATORS, None);
    answer::harden(response.headers_mut());
    response
}
