//! What happens to every request: it gets an id and a span, and whatever goes wrong
//! inside leaves as a problem.

use std::hash::{BuildHasher as _, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use crate::metrics;
use crate::problem::{self, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_CHARS_MAX: usize = 128;

pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let id_text = id.to_str().unwrap_or_default();
    let (method, path) = (request.method(), request.uri().path());
    let span = tracing::info_span!("request", %method, path, id = id_text);
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method.clone();

    let outcome = AssertUnwindSafe(next.run(request).instrument(span.clone()));
    let mut response = outcome
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Problem::new(problem::INTERNAL, "a handler panicked").into_response());

    let _entered = span.entered();
    explain(&mut response, id_text);
    let (status, elapsed) = (response.status(), begun.elapsed());
    let elapsed_us = elapsed.as_micros();
    tracing::debug!(status = status.as_u16(), elapsed_us, "answered");
    let route = route.as_ref().map(MatchedPath::as_str);
    metrics::answered(route, &method, status, elapsed);
    harden(response.headers_mut());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The client's own id where it is a sane one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane = |value: &&HeaderValue| {
        let text = value.as_bytes();
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
        (1..=REQUEST_ID_CHARS_MAX).contains(&text.len()) && text.iter().all(allowed)
    };
    if let Some(given) = headers.get(REQUEST_ID).filter(sane) {
        return given.clone();
    }
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("process"));
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:016x}-{count:x}", *PROCESS);
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("unnamed"))
}

/// Gives a problem its body; also what axum itself refused.
fn explain(response: &mut Response, request_id: &str) {
    if response.status().as_u16() < 400 {
        return;
    }
    let problem = response.extensions_mut().remove::<Problem>();
    let problem = match problem {
        Some(problem) => problem,
        None if is_problem(response) => return,
        None => of_status(response.status()),
    };
    let kind = problem.kind();
    if kind.status.is_server_error() {
        tracing::warn!(code = kind.code, detail = problem.detail(), "refused");
    }
    *response.status_mut() = kind.status;
    *response.body_mut() = problem.body(request_id);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, problem::CONTENT_TYPE);
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE) == Some(&problem::CONTENT_TYPE)
}

/// What the framework refused by itself.
fn of_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::new(problem::NOT_FOUND, "there is nothing here"),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(problem::METHOD, "see the Allow header"),
        status if status.is_client_error() => {
            Problem::new(problem::MALFORMED, "the request cannot be read")
        }
        _ => Problem::new(problem::INTERNAL, "the request could not be handled"),
    }
}

/// What a browser may do with an answer: show it to the one who asked, nothing else.
fn harden(headers: &mut HeaderMap) {
    const HEADERS: [(HeaderName, HeaderValue); 4] = [
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
    ];
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
}
