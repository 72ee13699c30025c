//! Every error that a client gets: `application/problem+json` (RFC 9457).
//!
//! A handler returns a [`Problem`]; it travels as an extension of the response to the
//! edge, which knows the request's id and writes the body.

mod kinds;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pizza_http::Refusal;
use pizza_types::Reply;
use serde::Serialize;
use serde_json::{Map, Value, json};

pub(crate) use kinds::*;

use crate::acknowledgement::Acknowledgement;

pub(crate) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    kind: Kind,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    retry_after_ms: Option<u64>,
    /// Of the actor that declined.
    reply: Option<Acknowledgement>,
}

#[derive(Debug, Clone, Serialize)]
struct FieldError {
    /// JSON pointer into the request's body.
    pointer: String,
    message: String,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            retry_after_ms: None,
            reply: None,
        }))
    }

    /// The request needs a token and has none.
    pub(crate) fn no_token() -> Self {
        let detail = "this needs a token: `Authorization: Bearer <token>`";
        Self::new(UNAUTHORIZED, detail)
    }

    /// Something is wrong at one place of the body.
    pub(crate) fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        Self::new(INVALID, message.clone()).error(pointer, message)
    }

    pub(crate) fn error(mut self, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        self.0.errors.push(FieldError {
            pointer: pointer.into(),
            message: message.into(),
        });
        self
    }

    pub(crate) fn has_error_at(&self, pointer: &str) -> bool {
        self.0.errors.iter().any(|error| error.pointer == pointer)
    }

    pub(crate) fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn retry_after_ms(mut self, wait_ms: u64) -> Self {
        self.0.retry_after_ms = Some(wait_ms);
        self
    }

    /// An actor declined by this reply; a client that asks again hears that it is a replay.
    pub(crate) fn answered_by(mut self, reply: &Reply) -> Self {
        self.0.reply = Some(reply.into());
        self
    }

    /// An actor's arguments are not laid out as the body is: each pair is a pointer into
    /// the arguments, and the one into the body that it came from; the first that fits counts.
    pub(crate) fn relocated(mut self, pointers: &[(&str, &str)]) -> Self {
        for error in &mut self.0.errors {
            let moved = pointers.iter().find_map(|(from, to)| {
                let rest = error.pointer.strip_prefix(from)?;
                (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
            });
            if let Some(moved) = moved {
                error.pointer = moved;
            }
        }
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    pub(crate) fn body(self, request_id: &str) -> Body {
        let Parts {
            kind,
            detail,
            errors,
            members,
            ..
        } = *self.0;
        let mut body = json!({
            "type": format!("{TYPES}{}", kind.code),
            "title": kind.title,
            "status": kind.status.as_u16(),
            "detail": detail,
            "requestId": request_id,
        });
        if let Value::Object(body) = &mut body {
            if !errors.is_empty() {
                body.insert("errors".to_owned(), json!(errors));
            }
            body.extend(members);
        }
        Body::from(body.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match &refusal {
            Refusal::OtherHost(_) => OTHER_HOST,
            Refusal::OtherOrigin(_) => OTHER_ORIGIN,
            _ => MALFORMED,
        };
        Self::new(kind, refusal.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = StatusCode::into_response(self.0.kind.status);
        if let Some(wait_ms) = self.0.retry_after_ms {
            let seconds = HeaderValue::from(wait_ms.div_ceil(1000).max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if let Some(reply) = self.0.reply {
            reply.write(response.headers_mut());
        }
        if self.0.kind == CONTENT_ENCODING {
            let taken = HeaderValue::from_static("identity");
            response
                .headers_mut()
                .insert(header::ACCEPT_ENCODING, taken);
        }
        if self.0.kind == UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        response.extensions_mut().insert(self);
        response
    }
}
