//! Each request has an id: in its answer, in its problem, in the log.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::problem::Problem;
use crate::server::App;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const CHARS_MAX: usize = 64;

pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(&HEADER)
        .and_then(|value| value.to_str().ok());
    let id = match given {
        Some(id) if is_sane(id) => id.to_owned(),
        _ => app.client().transport().fresh_id().to_string(),
    };
    let span =
        tracing::debug_span!("http", id, method = %request.method(), path = request.uri().path());
    let mut response = next.run(request).instrument(span).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let headers = std::mem::take(response.headers_mut());
        response = problem.into_response_for(&id);
        // What inner layers said of it, `Allow` for example, stays.
        for (name, value) in headers {
            if let Some(name) = name
                && !response.headers().contains_key(&name)
                && name != axum::http::header::CONTENT_LENGTH
            {
                response.headers_mut().insert(name, value);
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// Somebody else's id is taken if it cannot spoil a log.
fn is_sane(id: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !id.is_empty() && id.len() <= CHARS_MAX && id.chars().all(legal)
}
