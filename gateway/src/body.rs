//! JSON that comes in: read within bounds, then parsed into what a handler wants.

mod bounds;

use std::borrow::Cow;
use std::time::Duration;

use axum::body::HttpBody as _;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};

use crate::problem::{self, Problem};
use crate::server::App;

/// The body of a request: JSON by its content type, or nothing.
pub(crate) struct JsonBody(Bytes);

/// Text of the body, borrowed where nothing in it is escaped.
#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The body of a command that needs none: left out, or `{}`.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl FromRequest<App> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        if body.is_end_stream() {
            return Ok(Self(Bytes::new()));
        }
        let config = app.config();
        let wait = Duration::from_millis(config.body_ms_max);
        let read = tokio::time::timeout(wait, bounds::read(body, config.body_bytes_max)).await;
        let bytes = read.map_err(|_| {
            let detail = format!("the body was not complete after {} ms", wait.as_millis());
            Problem::new(problem::SLOW, detail)
        })??;
        if !bytes.is_empty() && !is_json(&head.headers) {
            let detail = "the content type must be application/json";
            return Err(Problem::new(problem::MEDIA_TYPE, detail));
        }
        bounds::check_depth(&bytes)?;
        Ok(Self(bytes))
    }
}

impl JsonBody {
    /// The whole body as a `T`, or the place of what is wrong with it.
    pub(crate) fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        let value = self.parse_any()?;
        // Serde takes an array for an object whose fields come in order; this API does not.
        if self.0.trim_ascii_start().first() == Some(&b'[') {
            return Err(Problem::invalid(
                "",
                "invalid type: an array, expected an object",
            ));
        }
        Ok(value)
    }

    /// Like [`parse`](Self::parse), of any JSON.
    fn parse_any<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        serde_json::from_slice(&self.0).map_err(|error| match error.classify() {
            Category::Data => self.misfit::<T>(&error),
            Category::Io | Category::Syntax | Category::Eof => malformed(&error),
        })
    }

    /// For a body that may be left out altogether.
    pub(crate) fn parse_or_default<'a, T>(&'a self) -> Result<T, Problem>
    where
        T: Deserialize<'a> + Default,
    {
        if self.0.is_empty() {
            return Ok(T::default());
        }
        self.parse()
    }

    /// Whether there is one, which is JSON then.
    pub(crate) fn is_given(&self) -> Result<bool, Problem> {
        if self.0.is_empty() {
            return Ok(false);
        }
        self.parse_any::<&RawValue>().map(|_| true)
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.0
    }

    /// Parses once more, with a record of the way: only what is refused pays for it.
    #[cold]
    fn misfit<'a, T: Deserialize<'a>>(&'a self, error: &serde_json::Error) -> Problem {
        let mut json = serde_json::Deserializer::from_slice(&self.0);
        let Err(placed) = serde_path_to_error::deserialize::<_, T>(&mut json) else {
            return Problem::invalid("", without_place(error));
        };
        let message = without_place(placed.inner());
        let mut pointer = pointer(placed.path());
        // Serde places these two at the object around the field that they name.
        let named = ["missing field `", "duplicate field `"];
        let named = named.iter().find_map(|start| message.strip_prefix(start));
        if let Some(rest) = named {
            push_step(&mut pointer, rest.split('`').next().unwrap_or_default());
        }
        Problem::invalid(pointer, message)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    let Some((main, sub)) = essence.and_then(|essence| essence.trim().split_once('/')) else {
        return false;
    };
    let is_json = sub.eq_ignore_ascii_case("json")
        || (sub.rsplit_once('+')).is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"));
    main.eq_ignore_ascii_case("application") && is_json
}

#[cold]
fn malformed(error: &serde_json::Error) -> Problem {
    let detail = format!("the body is not JSON: {error}");
    Problem::new(problem::MALFORMED, detail)
        .member("line", error.line())
        .member("column", error.column())
}

/// The message without its "at line 1 column 2": the pointer says where.
fn without_place(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    if let Some(end) = message.rfind(" at line ") {
        message.truncate(end);
    }
    message
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_step(&mut pointer, &index.to_string()),
            Segment::Map { key } | Segment::Enum { variant: key } => push_step(&mut pointer, key),
            Segment::Unknown => {}
        }
    }
    pointer
}

fn push_step(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}
