//! What happens to every request: it gets an id and a span, and whatever goes wrong
//! inside leaves as a problem.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use pizza_http::answer;
use pizza_http::problem::write_body;
use tracing::Instrument as _;

use crate::app::App;
use crate::metrics;
use crate::problem::{self, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// By which pages see that the server is of another build than they are.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("x-pizza-version");
/// The longest id of a client that is taken over: it is repeated in every log line of the request.
const REQUEST_ID_CHARS_MAX: usize = 128;

pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let id_text = id.to_str().unwrap_or_default();
    let (method, path) = (request.method(), request.uri().path());
    let span = tracing::info_span!("request", %method, path, id = id_text);
    let begun = Instant::now();
    // The router has found it already; the request itself is given away below.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method.clone();

    let answer = next.run(request).instrument(span.clone());
    let mut response = answer::or_panicked(answer).await;

    // From here on nothing waits, so that the guard of the span may live.
    let _entered = span.entered();
    explain(&mut response, id_text);
    let (status, elapsed) = (response.status(), begun.elapsed());
    let elapsed_us = elapsed.as_micros();
    tracing::debug!(status = status.as_u16(), elapsed_us, "answered");
    let route = route.as_ref().map(MatchedPath::as_str);
    metrics::answered(route, &method, status, elapsed);
    answer::harden(response.headers_mut());
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(VERSION, app.version().clone());
    response
}

/// The id of a request: the client's own where it is a sane one, or else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    // It is written to logs and sent back, where nothing else may hide in it.
    let sane = |value: &&HeaderValue| {
        let text = value.as_bytes();
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
        (1..=REQUEST_ID_CHARS_MAX).contains(&text.len()) && text.iter().all(allowed)
    };
    if let Some(given) = headers.get(REQUEST_ID).filter(sane) {
        return given.clone();
    }
    // Each `RandomState` has keys of its own, which tells processes apart well enough: the id
    // is for people who read logs.
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("process"));
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:016x}-{count:x}", *PROCESS);
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("unnamed"))
}

/// Writes the body of a problem, also of what axum itself refused.
fn explain(response: &mut Response, request_id: &str) {
    if response.status().as_u16() < 400 {
        return;
    }
    let status = response.status();
    let is_written = is_problem(response);
    let problem = response.extensions_mut();
    if problem.get::<Problem>().is_none() && !is_written {
        problem.insert(of_status(status));
    }
    if let Some(problem) = problem.get::<Problem>()
        && problem.kind().status.is_server_error()
    {
        let code = problem.kind().code;
        tracing::warn!(code, detail = problem.detail(), "refused");
    }
    write_body(response, &problem::VOCABULARY, Some(request_id));
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE) == Some(&problem::CONTENT_TYPE)
}

/// The problem for a status with which the framework refused a request by itself.
fn of_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::new(problem::NOT_FOUND, "there is nothing here"),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(problem::METHOD, "see the Allow header"),
        // What it says itself may repeat pieces of the request.
        status if status.is_client_error() => {
            Problem::new(problem::MALFORMED, "the request cannot be read")
        }
        _ => Problem::new(problem::INTERNAL, "the request could not be handled"),
    }
}
