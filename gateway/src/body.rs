//! JSON that comes in: read within bounds, then parsed into what a handler wants.

mod bounds;
mod tree;
mod violations;

use std::borrow::Cow;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequest, MatchedPath, Request};
use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use pizza_http::content_coding;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::app::App;
use crate::problem::{self, Problem};
use crate::schema;
use tree::Tree;
use violations::Violation;

/// The body of a request: JSON by its content type, or nothing.
pub(crate) struct JsonBody {
    bytes: Bytes,
    /// The same, with whole numbers written as such: serde is told no types.
    whole: Bytes,
    app: App,
    /// The endpoint, whose description in the API's document says what its body should be.
    method: Method,
    route: Option<MatchedPath>,
}

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
        let (mut head, body) = request.into_parts();
        let (method, route) = (head.method, head.extensions.remove::<MatchedPath>());
        let with = |bytes: Bytes| Self {
            app: app.clone(),
            whole: whole(&bytes),
            bytes,
            method,
            route,
        };
        // Without a body no content type is needed, whatever the method is.
        if body.is_end_stream() {
            return Ok(with(Bytes::new()));
        }
        // Before it is read: what is refused need not be received.
        is_plain(&head.headers)?;
        let config = app.config();
        // For the whole body, not for each piece: a client that sends a byte now and then would
        // otherwise hold its connection for ever.
        let wait = Duration::from_millis(config.body_ms_max);
        let bytes = read_whole(body, config.body_bytes_max, wait).await?;
        // An empty body with any content type is a body that was left out.
        if !bytes.is_empty() && !is_json(&head.headers) {
            let detail = "the content type must be application/json";
            return Err(Problem::new(problem::MEDIA_TYPE, detail));
        }
        // The parsers recurse, and must not meet more levels than their stack has room for.
        bounds::check_depth(&bytes)?;
        Ok(with(bytes))
    }
}

/// Reads a body of up to `limit` bytes that is no JSON.
///
/// # Errors
/// When it is larger or packed, breaks off, or is not complete within `wait`.
pub(crate) async fn read_whole(body: Body, limit: usize, wait: Duration) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(wait, bounds::read(body, limit)).await;
    read.map_err(|_| {
        let detail = format!("the body was not complete after {} ms", wait.as_millis());
        Problem::new(problem::SLOW, detail)
    })?
}

impl JsonBody {
    /// The whole body as a `T`, or the place of what is wrong with it.
    pub(crate) fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        let value = self.parse_any()?;
        // Serde takes an array for an object whose fields come in order; this API does not.
        if self.is_list() {
            return Err(self.invalid(None));
        }
        Ok(value)
    }

    /// Whether it is a list, and neither an object nor anything else.
    pub(crate) fn is_list(&self) -> bool {
        self.bytes.trim_ascii_start().first() == Some(&b'[')
    }

    /// Like [`parse`](Self::parse), of a list of objects.
    pub(crate) fn parse_list<'a, T: Deserialize<'a>>(&'a self) -> Result<Vec<T>, Problem> {
        let values = self.parse_any()?;
        let parts: Vec<&RawValue> = self.parse_any()?;
        // No more than the whole is each of them an array.
        if parts.iter().any(|part| part.get().starts_with('[')) {
            return Err(self.invalid(None));
        }
        Ok(values)
    }

    /// Like [`parse`](Self::parse), of any JSON.
    fn parse_any<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        serde_json::from_slice(&self.whole).map_err(|error| {
            // What is no JSON is told first, at its place in what was sent.
            if let Err(malformed_at) = serde_json::from_slice::<IgnoredAny>(&self.bytes) {
                return malformed(&malformed_at);
            }
            match error.classify() {
                Category::Data => self.invalid(Some(&error)),
                Category::Io | Category::Syntax | Category::Eof => malformed(&error),
            }
        })
    }

    /// Parses a body that may be left out altogether, which gives the default.
    pub(crate) fn parse_or_default<'a, T>(&'a self) -> Result<T, Problem>
    where
        T: Deserialize<'a> + Default,
    {
        if self.bytes.is_empty() {
            return Ok(T::default());
        }
        self.parse()
    }

    /// Whether a body was given. What was given must be JSON, or this is an error.
    pub(crate) fn is_given(&self) -> Result<bool, Problem> {
        if self.bytes.is_empty() {
            return Ok(false);
        }
        self.parse_any::<&RawValue>().map(|_| true)
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// A problem with everything that is wrong with the body by the API's document. Only a body
    /// that is refused pays for this check.
    #[cold]
    fn invalid(&self, error: Option<&serde_json::Error>) -> Problem {
        let found = self.violations();
        if found.is_empty() {
            let message = error.map_or_else(|| "expected an object".to_owned(), without_position);
            return Problem::invalid("", message);
        }
        problem_of(found)
    }

    /// A problem with a mistake that the document has no words for, at the first of these pointers,
    /// and with whatever else is wrong.
    #[cold]
    pub(crate) fn invalid_at(&self, pointers: &[&str], message: &str) -> Problem {
        let mut found = self.violations();
        // Whatever else was found there follows from it.
        found.retain(|violation| !pointers.contains(&&*violation.pointer));
        let pointer = pointers.first().copied().unwrap_or_default().to_owned();
        let message = message.to_owned();
        let kind = violations::Kind::Field;
        found.insert(
            0,
            Violation {
                pointer,
                message,
                kind,
            },
        );
        problem_of(found)
    }

    fn violations(&self) -> Vec<Violation> {
        let route = self.route.as_ref().map(MatchedPath::as_str);
        let document = self.app.document();
        let schema = route.and_then(|route| document.body_schema(&self.method, route));
        match (schema, serde_json::from_slice::<Tree>(&self.whole)) {
            (Some(schema), Ok(body)) => violations::of(document.value(), schema, &body),
            _ => Vec::new(),
        }
    }

    /// Values beyond what the contract of a function allows, for arguments whose types were
    /// refused: its actor would tell them only once the types are right.
    #[cold]
    pub(crate) fn beyond(&self, actor_type: &str, method: &str) -> Vec<Violation> {
        let Some(known) = schema::arguments_of(actor_type, method) else {
            return Vec::new();
        };
        let (names, body) = match serde_json::from_slice(&self.bytes) {
            // By position: what a name stands for is known, and is told by position.
            Ok(Tree::Array(given)) => {
                let named = known.names.iter().cloned().zip(given).collect();
                (known.names.as_slice(), Tree::Object(named))
            }
            Ok(body) => (&[][..], body),
            Err(_) => return Vec::new(),
        };
        let mut found = violations::of(&known.document, &known.schema, &body);
        found.retain(|violation| violation.kind == violations::Kind::Value);
        for violation in &mut found {
            let mut steps = violation.pointer.splitn(3, '/').skip(1);
            let first = steps.next().unwrap_or_default();
            if let Some(index) = names.iter().position(|name| name == first) {
                let rest = steps.next().map(|rest| format!("/{rest}"));
                violation.pointer = format!("/{index}{}", rest.unwrap_or_default());
            }
        }
        found
    }
}

fn whole(bytes: &Bytes) -> Bytes {
    match pizza_value::whole_numbers(bytes) {
        Cow::Borrowed(_) => bytes.clone(),
        Cow::Owned(whole) => whole.into(),
    }
}

fn problem_of(found: Vec<Violation>) -> Problem {
    let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
    let problem = Problem::new(problem::INVALID, messages.join("; "));
    let found = found.into_iter();
    found.fold(problem, |problem, found| {
        problem.error(found.pointer, found.message)
    })
}

/// # Errors
/// When the body is compressed: nothing here unpacks it.
pub(crate) fn is_plain(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(coding) = content_coding(headers) else {
        return Ok(());
    };
    Err(Problem::packed(&coding))
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
fn without_position(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    if let Some(end) = message.rfind(" at line ") {
        message.truncate(end);
    }
    message
}
