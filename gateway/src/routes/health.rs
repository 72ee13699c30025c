//! `/health`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use pizza_http::problem::PASSES_MS;
use serde_json::{Value, json};

use crate::answer::raw;
use crate::app::App;
use crate::endpoint::{Endpoint, get};
use crate::problem::{self, Problem};
use crate::schema::{Object, Schemas, about};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/health/live", live)
            .summary("Whether the process runs")
            .public()
            .gives(status),
        get("/health/ready", ready)
            .summary("Whether it can do its work")
            .public()
            .declines(&[problem::NOT_READY])
            .gives(status),
    ]
}

fn status(_: &mut Schemas) -> Value {
    let status = json!({"type": "string", "enum": ["live", "ready"]});
    let status = about("What was asked about.", status);
    Object::default().with("status", status, true).done()
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
    // Readiness is public on purpose: probes of a platform have no token.
    let detail = readiness.reasons.join("; ");
    Err(Problem::new(problem::NOT_READY, detail)
        .member("reasons", readiness.reasons)
        .retry_after_ms(PASSES_MS))
}
