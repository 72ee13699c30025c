//! `Idempotency-Key`: the same request sent again happens once and gets the same answer.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pizza_types::MessageId;

use crate::problem::Problem;
use crate::server::App;

const HEADER: &str = "idempotency-key";
const CHARS_MAX: usize = 255;

/// The message id that follows from the request's key; `None` without one.
pub(crate) struct Idempotency(pub(crate) Option<MessageId>);

impl FromRequestParts<App> for Idempotency {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get(HEADER) else {
            return Ok(Self(None));
        };
        let key = key.as_bytes();
        let visible = key.iter().all(u8::is_ascii_graphic);
        if key.is_empty() || key.len() > CHARS_MAX || !visible {
            let detail = "an Idempotency-Key has 1 to 255 visible ASCII characters";
            return Err(Problem::bad_request(detail));
        }
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        let id = MessageId::derive("http", &[method.as_bytes(), path.as_bytes(), key]);
        Ok(Self(Some(id)))
    }
}
