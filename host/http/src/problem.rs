//! Every error that a client of HTTP gets: `application/problem+json` (RFC 9457).
//!
//! A handler returns a [`Problem`]; it travels as an extension of the response to the outermost
//! layer, which knows whose API this is and the request's id, and writes the body
//! ([`write_body`]).

mod call;
pub mod kinds;

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use hyper::http::{HeaderName, HeaderValue, StatusCode, header};
use pizza_types::InvalidId;
use serde::Serialize;
use serde_json::{Map, Value, json};

pub use self::call::{PASSES_MS, ROOM_MS, of_call, status_of};
pub use self::kinds::Kind;
use crate::admission::Refusal;

/// The content type of a problem.
pub const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An error as the client gets it.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    kind: Kind,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    retry_after_ms: Option<u64>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Debug, Clone, Serialize)]
struct FieldError {
    /// The JSON pointer (RFC 6901) into the request's body.
    pointer: String,
    message: String,
}

/// How an API words its problems.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary {
    /// What stands before a kind's code in its `type`.
    pub types: &'static str,
    /// The `title` of a kind.
    pub title: fn(&Kind) -> &'static str,
}

impl Vocabulary {
    /// The words of an API for operators. Its titles are those of HTTP: what a problem is about,
    /// its code and its detail say.
    pub const FOR_OPERATORS: Self = Self {
        types: "urn:silo:problem:",
        title: |kind| kind.status.canonical_reason().unwrap_or_default(),
    };
}

impl Problem {
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            retry_after_ms: None,
            headers: Vec::new(),
        }))
    }

    /// The problem of a request that needs a token and has none.
    #[must_use]
    pub fn no_token() -> Self {
        let detail = "this needs a token: `Authorization: Bearer <token>`";
        Self::new(kinds::UNAUTHORIZED, detail)
    }

    /// The problem of a body that is packed, which nothing here unpacks.
    #[must_use]
    pub fn packed(coding: &str) -> Self {
        let detail = format!("the content coding {coding:?} is not taken; send the body as it is");
        Self::new(kinds::CONTENT_ENCODING, detail)
    }

    /// The problem of a body with which something is wrong at one place.
    #[must_use]
    pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        Self::new(kinds::INVALID, message.clone()).error(pointer, message)
    }

    /// Adds one more thing that is wrong with the body, and its JSON pointer.
    #[must_use]
    pub fn error(mut self, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        self.0.errors.push(FieldError {
            pointer: pointer.into(),
            message: message.into(),
        });
        self
    }

    #[must_use]
    pub fn has_error_at(&self, pointer: &str) -> bool {
        self.0.errors.iter().any(|error| error.pointer == pointer)
    }

    /// Adds an extension member, which machines may read (RFC 9457, 3.2).
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says when to ask again; it is sent in whole seconds, at least one.
    #[must_use]
    pub fn retry_after_ms(mut self, wait_ms: u64) -> Self {
        self.0.retry_after_ms = Some(wait_ms);
        self
    }

    /// Adds a header of the response, beside those that follow from the problem.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Moves errors from where an actor found them to where the client wrote it. An actor's
    /// arguments are not laid out as the body is: each pair is a pointer into the arguments,
    /// and the one into the body that it came from; the first that fits counts.
    #[must_use]
    pub fn relocated(mut self, pointers: &[(&str, &str)]) -> Self {
        for error in &mut self.0.errors {
            let moved = pointers.iter().find_map(|(from, to)| {
                let rest = error.pointer.strip_prefix(from)?;
                // `/item` is no part of `/items`.
                (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
            });
            if let Some(moved) = moved {
                error.pointer = moved;
            }
        }
        self
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    fn body(self, vocabulary: &Vocabulary, request_id: Option<&str>) -> Body {
        let Parts {
            kind,
            detail,
            errors,
            members,
            ..
        } = *self.0;
        let mut body = json!({
            "type": format!("{}{}", vocabulary.types, kind.code),
            "title": (vocabulary.title)(&kind),
            "status": kind.status.as_u16(),
            "detail": detail,
        });
        if let Value::Object(body) = &mut body {
            if let Some(request_id) = request_id {
                body.insert("requestId".to_owned(), request_id.into());
            }
            if !errors.is_empty() {
                body.insert("errors".to_owned(), json!(errors));
            }
            body.extend(members);
        }
        Body::from(body.to_string())
    }
}

/// Gives a response the body of the problem that a handler returned, if it returned one.
pub fn write_body(response: &mut Response, vocabulary: &Vocabulary, request_id: Option<&str>) {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return;
    };
    *response.status_mut() = problem.kind().status;
    *response.body_mut() = problem.body(vocabulary, request_id);
    let headers = response.headers_mut();
    // The length was that of no body.
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        Self::new(kinds::INVALID_ID, error.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match &refusal {
            Refusal::OtherHost(_) => kinds::OTHER_HOST,
            Refusal::OtherOrigin(_) | Refusal::NotOurPage => kinds::OTHER_ORIGIN,
            _ => kinds::MALFORMED,
        };
        Self::new(kind, refusal.to_string())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(kinds::MALFORMED, rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(kinds::MALFORMED, rejection.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let kind = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => kinds::TOO_LARGE,
            status => Kind {
                status,
                ..kinds::MALFORMED
            },
        };
        Self::new(kind, rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status.into_response();
        let headers = response.headers_mut();
        if let Some(wait_ms) = self.0.retry_after_ms {
            let seconds = HeaderValue::from(wait_ms.div_ceil(1000).max(1));
            headers.insert(header::RETRY_AFTER, seconds);
        }
        // What is taken instead (RFC 9110, 12.5.3).
        if self.0.kind == kinds::CONTENT_ENCODING {
            let identity = HeaderValue::from_static("identity");
            headers.insert(header::ACCEPT_ENCODING, identity);
        }
        // A 401 must say how to authenticate (RFC 9110, 11.6.1).
        if self.0.kind.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        for (name, value) in &self.0.headers {
            headers.insert(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Vocabulary = Vocabulary {
        types: "urn:test:",
        title: |kind| kind.title,
    };

    async fn written(problem: Problem, request_id: Option<&str>) -> (Response, Value) {
        let mut response = problem.into_response();
        write_body(&mut response, &WORDS, request_id);
        let body = std::mem::replace(response.body_mut(), Body::empty());
        let bytes = axum::body::to_bytes(body, 10_000).await.expect("a body");
        (response, serde_json::from_slice(&bytes).expect("JSON"))
    }

    #[tokio::test]
    async fn a_problem_has_the_members_of_rfc_9457() {
        let problem = Problem::invalid("/items/0/quantity", "too many")
            .member("limit", 10)
            .retry_after_ms(1_001);
        let (response, body) = written(problem, Some("r-1")).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        let expected = json!({
            "type": "urn:test:invalid",
            "title": "The request is not valid",
            "status": 422,
            "detail": "too many",
            "requestId": "r-1",
            "limit": 10,
            "errors": [{"pointer": "/items/0/quantity", "message": "too many"}],
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn what_is_no_problem_stays_as_it_is() {
        let mut response = (StatusCode::SERVICE_UNAVAILABLE, "busy").into_response();
        write_body(&mut response, &WORDS, None);
        let bytes = axum::body::to_bytes(response.into_body(), 100).await;
        assert_eq!(&bytes.expect("a body")[..], b"busy");
    }

    #[test]
    fn pointers_move_by_whole_steps() {
        let pointers = [("/lamp/items", "/items"), ("/lamp", "")];
        for (from, to) in [
            ("/lamp/items/0", "/items/0"),
            ("/lamp/itemsOf", "/itemsOf"),
            ("/lamp", ""),
            ("/lamps", "/lamps"),
        ] {
            let problem = Problem::invalid(from, "wrong").relocated(&pointers);
            assert!(problem.has_error_at(to), "{from} -> {to}: {problem:?}");
        }
    }
}
