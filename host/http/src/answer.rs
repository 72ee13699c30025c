//! What every answer has in common, whichever API gave it.

use std::panic::AssertUnwindSafe;

use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use hyper::HeaderMap;
use hyper::http::{HeaderName, HeaderValue, header};

use crate::problem::{Problem, kinds};

/// The answer of a handler, or a problem when it panics. A panic that came through would end the
/// connection, and with it the requests beside this one.
pub async fn or_panicked(handler: impl Future<Output = Response>) -> Response {
    // Nothing of the request is used afterwards.
    let answered = AssertUnwindSafe(handler).catch_unwind().await;
    answered.unwrap_or_else(|_| Problem::new(kinds::INTERNAL, "a handler panicked").into_response())
}

/// Tells a browser what it may do with an answer: show it to the one who asked, nothing else.
/// What a handler has set by itself stays.
pub fn harden(headers: &mut HeaderMap) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_like_any_other_mistake() {
        let response = or_panicked(async { panic!("a bug") }).await;
        assert_eq!(response.status(), hyper::StatusCode::INTERNAL_SERVER_ERROR);
        let problem = response.extensions().get::<Problem>();
        assert_eq!(problem.map(Problem::kind), Some(kinds::INTERNAL));
    }

    #[test]
    fn what_a_handler_says_of_caches_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
        harden(&mut headers);
        assert_eq!(headers[header::CACHE_CONTROL], "private");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
