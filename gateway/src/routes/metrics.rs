//! `/metrics`, for Prometheus.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::endpoint::{Endpoint, get};
use crate::ownership::Ownership;
use crate::problem::{self, Problem};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4");

pub(super) fn endpoints() -> Vec<Endpoint> {
    let metrics = get("/metrics", read)
        .summary("Counters and histograms, for Prometheus")
        // For admins alone: what the process does as a whole is no business of its clients.
        .by(&[], Ownership::Anything)
        .declines(&[problem::NOT_FOUND])
        .gives_text("text/plain");
    vec![metrics]
}

async fn read(State(app): State<App>) -> Result<Response, Problem> {
    let Some(text) = app.metrics() else {
        let detail = "this process keeps no metrics";
        return Err(Problem::new(problem::NOT_FOUND, detail));
    };
    let mut response = Body::from(text).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, CONTENT_TYPE);
    Ok(response)
}
