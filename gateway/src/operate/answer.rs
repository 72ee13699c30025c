//! What a silo answers to operators, and its problems as those of this API.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use pizza_client::OperatorsError;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answer::raw;
use crate::problem::{self, Kind, Problem};

/// The longest answer that is read into memory, in bytes. A silo ends its pages before that.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// When to ask again where no silo answers, in milliseconds.
const AGAIN_MS: u64 = 1_000;

/// A problem as a silo writes it (RFC 9457).
#[derive(Deserialize)]
struct Told {
    r#type: String,
    #[serde(default)]
    detail: String,
}

/// The answer as JSON.
pub(super) async fn value<B>(answer: axum::http::Response<B>) -> Result<Value, Problem>
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let (status, bytes) = whole(answer).await?;
    granted(status, &bytes)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let detail = format!("a silo answers an operator with something else than JSON: {error}");
        Problem::new(problem::UNEXPECTED_REPLY, detail)
    })
}

/// The answer as it is.
pub(super) async fn response<B>(answer: axum::http::Response<B>) -> Result<Response, Problem>
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let (status, bytes) = whole(answer).await?;
    granted(status, &bytes)?;
    if bytes.is_empty() {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        return Ok(response);
    }
    Ok(raw(status, bytes))
}

/// The answer as it comes, where it is one.
pub(super) async fn along<B>(answer: axum::http::Response<B>) -> Result<Response, Problem>
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    if !answer.status().is_success() {
        return response(answer).await;
    }
    let mut response = Response::new(Body::new(answer.into_body()));
    let headers = response.headers_mut();
    let content_type = HeaderValue::from_static("application/x-ndjson");
    headers.insert(header::CONTENT_TYPE, content_type);
    // nginx would gather lines until its buffer is full.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

async fn whole<B>(answer: axum::http::Response<B>) -> Result<(StatusCode, Bytes), Problem>
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let status = answer.status();
    let mut chunks = Body::new(answer.into_body()).into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|error| unavailable(&format!("its answer broke off: {error}")))?;
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            let detail =
                format!("a silo answers an operator with more than {ANSWER_BYTES_MAX} bytes");
            return Err(Problem::new(problem::UNEXPECTED_REPLY, detail));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((status, bytes.into()))
}

fn granted(status: StatusCode, bytes: &[u8]) -> Result<(), Problem> {
    if status.is_success() {
        return Ok(());
    }
    let Ok(told) = serde_json::from_slice::<Told>(bytes) else {
        let detail = format!("a silo answers an operator with {status}, and does not say why");
        return Err(Problem::new(problem::UNEXPECTED_REPLY, detail));
    };
    let code = told.r#type.rsplit(':').next().unwrap_or_default();
    let kind = kind(status, code);
    let problem = Problem::new(kind, told.detail);
    let members: Map<String, Value> = serde_json::from_slice(bytes).unwrap_or_default();
    let errors = members.get("errors").and_then(Value::as_array);
    let errors = errors.into_iter().flatten();
    let problem = errors.fold(problem, |problem, error| {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        problem.error(text("pointer"), text("message"))
    });
    Err(if [503, 507].contains(&kind.status.as_u16()) {
        problem.retry_after_ms(AGAIN_MS)
    } else {
        problem
    })
}

/// The kind that this API has for a silo's. What it has none for is told by its status.
fn kind(status: StatusCode, code: &str) -> Kind {
    let own = [
        problem::MODULE_REFUSED,
        problem::PLUGIN_REFUSED,
        problem::REPLAY_FAILED,
        problem::STALE,
        problem::INVALID_ID,
    ];
    if let Some(own) = own.into_iter().find(|own| own.code == code) {
        return own;
    }
    match status {
        StatusCode::BAD_REQUEST => problem::MALFORMED,
        StatusCode::NOT_FOUND => problem::NOT_FOUND,
        StatusCode::CONFLICT => problem::CONFLICT,
        StatusCode::GONE => problem::RETIRED,
        StatusCode::PAYLOAD_TOO_LARGE => problem::TOO_LARGE,
        StatusCode::UNPROCESSABLE_ENTITY => problem::INVALID,
        StatusCode::INTERNAL_SERVER_ERROR => problem::ACTOR_FAILED,
        StatusCode::LOOP_DETECTED => problem::CYCLE,
        StatusCode::GATEWAY_TIMEOUT => problem::DEADLINE,
        StatusCode::INSUFFICIENT_STORAGE => problem::STORAGE_FULL,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => problem::UNAVAILABLE,
        _ => problem::UNEXPECTED_REPLY,
    }
}

/// Why nobody answers. A token that is not taken is no fault of whoever asks, and is told to whoever
/// runs the gateway.
pub(super) fn unreached(error: OperatorsError) -> Problem {
    if matches!(error, OperatorsError::Refused { .. }) {
        tracing::error!(%error, "operators cannot be served: --admin-token gives the silos' token");
    }
    match error {
        OperatorsError::Unclear { .. } => {
            let problem = Problem::new(problem::UNKNOWN_OUTCOME, error.to_string());
            problem.retry_after_ms(AGAIN_MS)
        }
        _ => unavailable(&error.to_string()),
    }
}

fn unavailable(detail: &str) -> Problem {
    Problem::new(problem::UNAVAILABLE, detail.to_owned()).retry_after_ms(AGAIN_MS)
}
