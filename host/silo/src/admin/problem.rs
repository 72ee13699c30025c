//! Every error of the admin API: a problem (RFC 9457), as [`pizza_http::problem`] writes it.

use std::borrow::Cow;

use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pizza_http::problem::{self, Kind, PASSES_MS, ROOM_MS, kinds, of_call, status_of};
use pizza_types::{CallError, InvalidId};

/// A problem in this API's words. A type of its own, so that errors of the crates below become
/// one by `?`.
#[derive(Debug)]
pub(super) struct Problem(problem::Problem);

impl Problem {
    /// A problem of this API; with a time to come back, where the status says that it passes.
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let title = "";
        let kind = Kind {
            status,
            code,
            title,
        };
        let problem = problem::Problem::new(kind, detail);
        Self(match status {
            StatusCode::SERVICE_UNAVAILABLE => problem.retry_after_ms(PASSES_MS),
            StatusCode::INSUFFICIENT_STORAGE => problem.retry_after_ms(ROOM_MS),
            _ => problem,
        })
    }

    pub(super) fn method() -> Self {
        problem::Problem::new(kinds::METHOD, "the path does not take this method").into()
    }

    pub(super) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        problem::Problem::new(kinds::MALFORMED, detail).into()
    }

    pub(super) fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        problem::Problem::new(kinds::NOT_FOUND, detail).into()
    }

    pub(super) fn packed(coding: &str) -> Self {
        problem::Problem::packed(coding).into()
    }

    pub(super) fn unauthorized(detail: &'static str) -> Self {
        problem::Problem::new(kinds::UNAUTHORIZED, detail).into()
    }

    pub(super) fn forbidden(detail: &'static str) -> Self {
        problem::Problem::new(kinds::FORBIDDEN, detail).into()
    }
}

impl From<problem::Problem> for Problem {
    fn from(problem: problem::Problem) -> Self {
        Self(problem)
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let kind = Kind {
            status: status_of(&error),
            code: error.code(),
            title: "",
        };
        Self(of_call(error, kind))
    }
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        Self(error.into())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        Self(rejection.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    /// A client that is refused for a moment is told when to come back, whatever refused it.
    #[test]
    fn what_passes_says_when_to_come_back() {
        let detail = || "why".to_owned();
        let overloaded = CallError::Overloaded {
            what: detail(),
            retry_after_ms: 2_500,
        };
        for (error, expected) in [
            (overloaded, Some("3")),
            (CallError::Moved, Some("1")),
            (CallError::ShuttingDown, Some("1")),
            (CallError::Store { detail: detail() }, Some("1")),
            (CallError::Unreachable { detail: detail() }, Some("1")),
            (CallError::StorageFull { detail: detail() }, Some("5")),
            (CallError::Cycle { cycle: detail() }, None),
        ] {
            let told = error.to_string();
            let response = Problem::from(error).into_response();
            let wait = response.headers().get(header::RETRY_AFTER);
            let wait = wait.map(|wait| wait.to_str().expect("digits").to_owned());
            assert_eq!(wait.as_deref(), expected, "{told}");
        }
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let response = Problem::new(status, "store", "it has stopped").into_response();
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }

    #[test]
    fn a_packed_body_is_told_what_is_taken_instead() {
        let response = Problem::packed("gzip").into_response();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(response.headers()[header::ACCEPT_ENCODING], "identity");
    }
}
