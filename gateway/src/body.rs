//! Request bodies and path parameters, refused with their place.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::problem::{Problem, Violation};
use crate::server::App;

/// Path parameters.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);

/// Query parameters.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(crate) struct Query<T>(pub(crate) T);

/// The body as it came, within the limit.
pub(crate) struct Raw(pub(crate) Bytes);

/// The body as JSON of a known shape.
pub(crate) struct Json<T>(pub(crate) T);

impl FromRequest<App> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let limit = app.config().body_bytes_max;
        let too_large = || {
            let detail = format!("the body is larger than {limit} bytes");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
        };
        let declared = request.headers().get(header::CONTENT_LENGTH);
        let declared = declared.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let body = axum::body::to_bytes(request.into_body(), limit).await;
        body.map(Self).map_err(|_| too_large())
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let is_json = kind.eq_ignore_ascii_case("application/json")
            || kind.to_ascii_lowercase().ends_with("+json");
        if !is_json {
            let detail = format!("the body must be application/json, not {kind:?}");
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unsupported-media-type", detail));
        }
        let Raw(body) = Raw::from_request(request, app).await?;
        parse(&body).map(Self)
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut de = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut de).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            let message = inner.to_string();
            Problem::invalid(&[Violation { pointer, message }])
        } else {
            Problem::bad_request(format!("the body is not JSON: {inner}"))
        }
    })?;
    let end = de.end();
    end.map_err(|error| Problem::bad_request(format!("the body goes on after its end: {error}")))?;
    Ok(value)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    };
    let steps = path.iter().filter_map(step);
    steps.map(|step| format!("/{step}")).collect()
}
