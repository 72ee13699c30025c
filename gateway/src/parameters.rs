//! The parameters of a path and of a query: what the document says of them, and the check of what is
//! for operators. Silos are asked by what the client wrote, take more than this API promises, and may
//! be of another version.

use std::collections::BTreeSet;

use axum::RequestExt as _;
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use pizza_http::extract::Query;
use serde_json::{Value, json};

use crate::endpoint::Parameter;
use crate::problem::{self, Problem};
use crate::schema::{KEY, LINE, Schemas, is_key};

/// A module's digest, or how it begins.
const DIGEST: &str = "^[0-9a-f]{4,64}$";

/// The schema of a parameter of the path, in a path of this tag.
pub(crate) fn schema_in_path(name: &str, tag: &str) -> Value {
    let pattern = match (name, tag) {
        // The number of a letter.
        ("id", "admin") => return json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
        ("digest" | "old" | "new", _) => DIGEST,
        // It is no actor's key, but a name for people.
        ("ingredient", _) => LINE,
        _ => KEY,
    };
    json!({"type": "string", "pattern": pattern})
}

/// Refuses a request for operators that the document does not allow.
pub(crate) async fn check(
    State(known): State<&'static [Parameter]>,
    mut request: Request,
    next: Next,
) -> Response {
    match fits(known, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn fits(known: &[Parameter], request: &mut Request) -> Result<(), Problem> {
    // A path without parameters has none to look at.
    if let Ok(named) = request.extract_parts::<RawPathParams>().await {
        for (name, value) in &named {
            in_path(name, value)?;
        }
    }
    let query = request.extract_parts::<Query<Vec<(String, String)>>>();
    let Query(given) = query.await?;
    let mut names = BTreeSet::new();
    for (name, value) in &given {
        let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else {
            let known: Vec<&str> = known.iter().map(|parameter| parameter.name).collect();
            return Err(malformed(format!(
                "there is no parameter {name:?}; there are {known:?}"
            )));
        };
        if !names.insert(name) {
            return Err(malformed(format!("{name} is given twice")));
        }
        let schema = (parameter.schema)(&mut Schemas::default());
        is_of(name, &schema, value)?;
    }
    Ok(())
}

fn in_path(name: &str, value: &str) -> Result<(), Problem> {
    let schema = schema_in_path(name, "admin");
    // What can be no actor is refused as everywhere.
    if schema["pattern"] == KEY && !is_key(value) {
        let detail = format!("{name} takes 1 to 128 characters of A-Z a-z 0-9 . _ : -");
        return Err(Problem::new(problem::INVALID_ID, detail));
    }
    is_of(name, &schema, value)
}

fn is_of(name: &str, schema: &Value, value: &str) -> Result<(), Problem> {
    if schema["type"] == "integer" {
        let (least, most) = (
            bound(schema, "minimum", 0),
            bound(schema, "maximum", u64::MAX),
        );
        let is_whole = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        let number = value.parse().ok().filter(|_| is_whole);
        let fits = number.is_some_and(|number: u64| (least..=most).contains(&number));
        let why = || {
            malformed(format!(
                "{name} takes a whole number from {least} to {most}"
            ))
        };
        return fits.then_some(()).ok_or_else(why);
    }
    let fits = match schema["pattern"].as_str() {
        Some(DIGEST) => is_digest(value),
        Some(KEY) => is_key(value),
        _ => true,
    };
    let why = || {
        malformed(format!(
            "{name} is not of the pattern {}",
            schema["pattern"]
        ))
    };
    fits.then_some(()).ok_or_else(why)
}

fn bound(schema: &Value, name: &str, usual: u64) -> u64 {
    schema[name].as_u64().unwrap_or(usual)
}

fn is_digest(text: &str) -> bool {
    let legal = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    (4..=64).contains(&text.len()) && text.bytes().all(legal)
}

fn malformed(detail: String) -> Problem {
    Problem::new(problem::MALFORMED, detail)
}
