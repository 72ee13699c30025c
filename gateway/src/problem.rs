//! Every error that a client gets: `application/problem+json` (RFC 9457).

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pizza_types::CallError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Stable names; clients may match on them.
const TYPES: &str = "urn:awesome-pizza:problem:";

#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong at one place of the input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Violation {
    /// JSON pointer.
    pub pointer: String,
    pub message: String,
}

/// Why an actor of the pizzeria declines a command.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Refusal {
    Invalid(Vec<Violation>),
    NotFound(String),
    Conflict(Conflict),
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Conflict {
    message: String,
    current: Option<String>,
    wanted: Option<String>,
    #[serde(default)]
    allowed: Vec<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            members: Map::new(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    pub(crate) fn invalid(violations: &[Violation]) -> Self {
        let told = violations
            .iter()
            .map(|v| format!("{}: {}", v.pointer, v.message));
        let detail = told.collect::<Vec<_>>().join("; ");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
            .with("errors", json!(violations))
    }

    pub(crate) fn invalid_at(pointer: &str, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.to_owned(), message.into());
        Self::invalid(&[Violation { pointer, message }])
    }

    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Pointers of `errors` seen from inside the member that `prefix` names.
    pub(crate) fn without_pointer_prefix(mut self, prefix: &str) -> Self {
        let Some(Value::Array(errors)) = self.members.get_mut("errors") else {
            return self;
        };
        for error in errors {
            if let Some(Value::String(pointer)) = error.get_mut("pointer")
                && let Some(rest) = pointer.strip_prefix(prefix)
            {
                *pointer = rest.to_owned();
            }
        }
        self.detail = self.detail.replace(&format!("{prefix}/"), "/");
        self
    }

    fn retry_after(mut self, ms: u64) -> Self {
        let seconds = HeaderValue::from(ms.div_ceil(1_000).max(1));
        self.headers.push((header::RETRY_AFTER, seconds));
        self
    }

    /// The response, with the id of its request.
    pub(crate) fn into_response_for(self, request_id: &str) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut body = json!({
            "type": format!("{TYPES}{}", self.code),
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "requestId": request_id,
        });
        if let Value::Object(body) = &mut body {
            body.extend(self.members);
        }
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, body.to_string()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response.headers_mut().extend(self.headers);
        response
    }
}

impl IntoResponse for Problem {
    /// The layer that knows the request's id writes the body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(violations) => Self::invalid(&violations),
            Refusal::NotFound(detail) => Self::not_found(detail),
            Refusal::Conflict(conflict) => {
                let mut problem = Self::new(StatusCode::CONFLICT, "conflict", conflict.message);
                for (name, value) in [("from", conflict.current), ("to", conflict.wanted)] {
                    if let Some(value) = value {
                        problem = problem.with(name, value.into());
                    }
                }
                problem.with("allowed", conflict.allowed.into())
            }
        }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        use StatusCode as S;
        let detail = error.to_string();
        match error {
            CallError::InvalidId(_) => Self::new(S::UNPROCESSABLE_ENTITY, "invalid-id", detail),
            CallError::UnknownType { .. } | CallError::UnknownMethod { .. } => {
                Self::not_found(detail)
            }
            CallError::BadArguments { pointer, message } => Self::invalid_at(&pointer, message),
            CallError::Cycle { .. } => Self::new(S::LOOP_DETECTED, "cycle", detail),
            CallError::TooDeep { .. } => Self::new(S::LOOP_DETECTED, "too-deep", detail),
            CallError::Deadline { .. } => Self::new(S::GATEWAY_TIMEOUT, "deadline", detail),
            CallError::Failed { bound, .. } => {
                Self::new(S::INTERNAL_SERVER_ERROR, "actor-failed", detail)
                    .with("bound", bound.into())
            }
            CallError::Overloaded { retry_after_ms, .. } => {
                Self::new(S::SERVICE_UNAVAILABLE, "overloaded", detail).retry_after(retry_after_ms)
            }
            CallError::MessageIdReused { .. } => {
                let detail = "this Idempotency-Key was used before with another body";
                Self::new(S::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
            }
            CallError::Moved => {
                Self::new(S::SERVICE_UNAVAILABLE, "moved", detail).retry_after(1_000)
            }
            CallError::Unknown { id, .. } => {
                Self::new(S::SERVICE_UNAVAILABLE, "unknown-outcome", detail)
                    .with("messageId", id.to_string().into())
                    .retry_after(1_000)
            }
            CallError::Store { .. } | CallError::ShuttingDown => {
                Self::new(S::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(1_000)
            }
        }
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}
