//! What a request carries, refused as problems.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
pub(super) use pizza_http::extract::{Path, Query};
use pizza_modules::Signature;
use serde::Deserialize;

use super::problem::Problem;

/// The body of a request, bounded by the router's limit.
pub(super) type Body = Result<Bytes, BytesRejection>;

/// The header that carries a signature: the JSON that `pizza module sign` writes, on one line.
const SIGNATURE: &str = "x-module-signature";

/// The signature that came along, if one did.
pub(super) fn signature(headers: &HeaderMap) -> Result<Option<Signature>, Problem> {
    let Some(value) = headers.get(SIGNATURE) else {
        return Ok(None);
    };
    let parsed = serde_json::from_slice(value.as_bytes());
    parsed.map(Some).map_err(|error| {
        let detail = format!(
            "the header {SIGNATURE}: {error}; it takes what `pizza module sign` has written, on one line"
        );
        Problem::malformed(detail)
    })
}

/// Which piece of a list is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// The number behind which the piece begins; 0 for the beginning.
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
        // At least one: a page of nothing would look like the last one.
        self.limit.clamp(1, Self::LIMIT_MAX)
    }
}
