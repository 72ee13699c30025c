//! Every error of the admin API: `application/problem+json` (RFC 9457).

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pizza_http::Refusal;
use pizza_types::{CallError, InvalidId};
use serde_json::json;

#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    retry_after_ms: Option<u64>,
}

impl Problem {
    pub(super) const METHOD: Self = Self {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "method-not-allowed",
        detail: Cow::Borrowed("the path does not take this method"),
        retry_after_ms: None,
    };

    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after_ms: None,
        }
    }

    pub(super) fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(super) fn packed(coding: &str) -> Self {
        let detail = format!("the content coding {coding:?} is not taken; send the body as it is");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "unsupported-content-encoding", detail)
    }

    pub(super) fn unauthorized(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let retry_after_ms = match &error {
            CallError::Overloaded { retry_after_ms, .. } => Some(*retry_after_ms),
            _ => None,
        };
        let status = match &error {
            CallError::UnknownType { .. } | CallError::UnknownMethod { .. } => {
                StatusCode::NOT_FOUND
            }
            CallError::InvalidId(_)
            | CallError::BadArguments { .. }
            | CallError::MessageIdReused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            CallError::Cycle { .. } | CallError::TooDeep { .. } => StatusCode::LOOP_DETECTED,
            CallError::Deadline { .. } => StatusCode::GATEWAY_TIMEOUT,
            CallError::Failed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            CallError::Overloaded { .. }
            | CallError::Moved
            | CallError::Unknown { .. }
            | CallError::Store { .. }
            | CallError::ShuttingDown
            | CallError::Unreachable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            status,
            code: error.code(),
            detail: error.to_string().into(),
            retry_after_ms,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match &refusal {
            Refusal::OtherHost(_) => (StatusCode::MISDIRECTED_REQUEST, "other-host"),
            Refusal::OtherOrigin(_) => (StatusCode::FORBIDDEN, "other-origin"),
            _ => (StatusCode::BAD_REQUEST, "malformed"),
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        CallError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("urn:silo:problem:{}", self.code),
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let kind = (header::CONTENT_TYPE, "application/problem+json");
        let mut response = (self.status, [kind], body.to_string()).into_response();
        let headers = response.headers_mut();
        if let Some(wait_ms) = self.retry_after_ms {
            let seconds = HeaderValue::from(wait_ms.div_ceil(1000).max(1));
            headers.insert(header::RETRY_AFTER, seconds);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
