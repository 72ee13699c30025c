//! What an operator may ask of a running silo, over HTTP with a bearer token.
//!
//! In reading order:
//! - [`token`]: who may ask
//! - [`problem`]: every error that is answered
//! - [`extract`]: what a request carries, refused as problems
//! - [`state`]: what the routes work on
//! - [`dead_letters`], [`actors`], [`modules`], [`plugins`], [`stats`]: the routes
//! - [`edge`]: what an edge in another process asks
//! - [`view`], [`msgpack`]: what the answers are made of

mod actors;
mod dead_letters;
mod edge;
mod extract;
mod modules;
mod msgpack;
mod plugins;
mod problem;
mod state;
mod stats;
mod token;
mod view;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use pizza_http::{Admission, Peer, content_coding, guard};
use serde_json::json;

use self::problem::Problem;
pub(crate) use self::state::Admin;
pub use self::token::{Token, TokenError};

/// As much as an actor takes by default, and a little more for it to refuse by itself.
const BODY_BYTES_MAX: usize = (1 << 20) + 4096;

pub(crate) fn router(admin: Admin, token: Token, admission: Admission) -> Router {
    let transport = Arc::clone(admin.client.transport());
    let guarded = Router::new()
        .route("/stats", get(stats::stats))
        .merge(dead_letters::routes())
        .merge(actors::routes())
        .merge(modules::routes())
        .merge(plugins::routes())
        .merge(edge::routes())
        .fallback(async || Problem::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || Problem::METHOD)
        .with_state(admin)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::new(token), authorize));
    // Whether the process lives, and can work, is no secret, and whoever watches it has no
    // token. Why it cannot is in `/stats`.
    let live = get(async || Json(json!({"status": "live"})));
    let ready = get(async move || match transport.readiness().await.ready {
        true => (StatusCode::OK, Json(json!({"status": "ready"}))),
        false => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({"status": "not-ready"})),
        ),
    });
    let routes = Router::new()
        .route("/health/live", live)
        .route("/health/ready", ready)
        .merge(guarded);
    guard(routes, admission, |refusal| {
        Problem::from(refusal).into_response()
    })
}

async fn authorize(State(token): State<Arc<Token>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.split_once(' '));
    match given {
        Some((scheme, given))
            if scheme.eq_ignore_ascii_case("bearer") && token.is(given.trim()) =>
        {
            if let Some(peer) = request.extensions().get::<Peer>() {
                peer.authenticated();
            }
            match content_coding(request.headers()) {
                None => next.run(request).await,
                Some(coding) => Problem::packed(&coding).into_response(),
            }
        }
        Some(_) => Problem::unauthorized("this is not the admin token").into_response(),
        None => Problem::unauthorized("Authorization: Bearer TOKEN is missing").into_response(),
    }
}
