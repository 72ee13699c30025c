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
    let reasons = json!({"type": "array", "items": {"type": "string"}});
    let reasons = about(
        "What it cannot do at the moment, if there is anything.",
        reasons,
    );
    let object = Object::default().with("status", status, true);
    object.with("reasons", reasons, false).done()
}

async fn live() -> Response {
    raw(StatusCode::OK, Bytes::from_static(br#"{"status":"live"}"#))
}

async fn ready(State(app): State<App>) -> Result<Response, Problem> {
    let readiness = app.client().transport().readiness().await;
    if readiness.ready {
        let mut body = json!({"status": "ready"});
        if !readiness.reasons.is_empty() {
            body["reasons"] = readiness.reasons.into();
        }
        return Ok(raw(StatusCode::OK, Bytes::from(body.to_string())));
    }
    // Readiness is public on purpose: probes of a platform have no token.
    let detail = readiness.reasons.join("; ");
    Err(Problem::new(problem::NOT_READY, detail)
        .member("reasons", readiness.reasons)
        .retry_after_ms(PASSES_MS))
}
