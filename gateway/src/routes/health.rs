//! `/health`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json as Reply, Router};
use serde_json::json;

use crate::problem::Problem;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
}

async fn live() -> Response {
    Reply(json!({"status": "live"})).into_response()
}

async fn ready(State(app): State<App>) -> Result<Response, Problem> {
    let readiness = app.client().transport().readiness().await;
    if readiness.ready {
        return Ok(Reply(json!({"status": "ready"})).into_response());
    }
    let detail = readiness.reasons.join("; ");
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not-ready",
        detail,
    ))
}
