//! What a request carries, refused as problems.

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use serde::Deserialize;

use super::problem::Problem;

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(super) struct Path<T>(pub(super) T);

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(super) struct Query<T>(pub(super) T);

/// Bounded by the router's limit.
pub(super) type Body = Result<Bytes, BytesRejection>;

/// A piece of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    #[serde(default)]
    pub(super) after: u64,
    #[serde(default = "Page::usual")]
    limit: usize,
}

impl Page {
    const LIMIT_MAX: usize = 1_000;

    fn usual() -> usize {
        100
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.clamp(1, Self::LIMIT_MAX)
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", rejection.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            _ => "malformed",
        };
        Self::new(rejection.status(), code, rejection.body_text())
    }
}
