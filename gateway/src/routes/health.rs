//! `/health`

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;

use crate::answer::raw;
use crate::problem::{self, Problem};
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
}

async fn live() -> Response {
    raw(StatusCode::OK, Bytes::from_static(br#"{"status":"live"}"#))
}

async fn ready(State(app): State<App>) -> Result<Response, Problem> {
    let readiness = app.client().transport().readiness().await;
    if readiness.ready {
        let body = Bytes::from_static(br#"{"status":"ready"}"#);
        return Ok(raw(StatusCode::OK, body));
    }
    let detail = readiness.reasons.join("; ");
    Err(Problem::new(problem::NOT_READY, detail).member("reasons", readiness.reasons))
}
