//! The problems in the document: a schema for each kind, and which kinds an endpoint has.

use std::collections::BTreeMap;

use axum::http::Method;
use pizza_value::camel;
use serde_json::{Map, Value, json};

use crate::endpoint::{Answer, Endpoint};
use crate::problem::{self, Kind};
use crate::schema::{Object, Schemas};

/// Kinds of problems of an endpoint that asks an actor.
const OF_ACTORS: &[Kind] = &[
    problem::NOT_FOUND,
    problem::INVALID,
    problem::INVALID_ID,
    problem::ACTOR_FAILED,
    problem::UNEXPECTED_REPLY,
    problem::OVERLOADED,
    problem::MOVED,
    problem::RETIRED,
    problem::UNKNOWN_OUTCOME,
    problem::UNAVAILABLE,
    problem::STORAGE_FULL,
    problem::DEADLINE,
    problem::CYCLE,
    problem::TOO_DEEP,
];
/// Kinds of problems of an endpoint that asks silos as operators do.
const OF_SILOS: &[Kind] = &[
    problem::NOT_FOUND,
    problem::INVALID,
    problem::INVALID_ID,
    problem::UNEXPECTED_REPLY,
    problem::UNKNOWN_OUTCOME,
    problem::UNAVAILABLE,
    problem::STORAGE_FULL,
    problem::DEADLINE,
];
/// Kinds of problems of an endpoint that takes a body.
const OF_BODIES: &[Kind] = &[
    problem::SLOW,
    problem::TOO_LARGE,
    problem::MEDIA_TYPE,
    problem::CONTENT_ENCODING,
];

/// The responses that a client should be ready for, by status; whatever else comes has the same
/// form.
pub(super) fn responses(endpoint: &Endpoint, schemas: &mut Schemas) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in kinds(endpoint) {
        let of_status = by_status.entry(kind.status.as_u16()).or_default();
        if !of_status.contains(&kind) {
            of_status.push(kind);
        }
    }
    let described = by_status.into_iter().map(|(status, kinds)| {
        let titles: Vec<&str> = kinds.iter().map(|kind| kind.title).collect();
        let mut response = json!({
            "description": titles.join("; "),
            "content": {"application/problem+json": {"schema": one_of(&kinds, schemas)}},
        });
        if let Some((name, about)) = header(status) {
            let header = json!({"description": about, "schema": {"type": "string"}});
            response["headers"] = json!({*name: header});
        }
        (status.to_string(), response)
    });
    described.collect()
}

fn kinds(endpoint: &Endpoint) -> Vec<Kind> {
    let rules = &endpoint.rules;
    let mut kinds = vec![
        problem::MALFORMED,
        problem::OTHER_HOST,
        problem::TOO_FAST,
        problem::INTERNAL,
    ];
    // Only these are refused to pages of others; looking is left to CORS.
    if endpoint.is_command() || rules.streams {
        kinds.push(problem::OTHER_ORIGIN);
    }
    if !rules.public {
        kinds.extend([problem::UNAUTHORIZED, problem::FORBIDDEN, problem::STALE]);
    }
    let tells = matches!(endpoint.doc.answer, Answer::Json(_) | Answer::Events(_));
    // Public endpoints ask nobody.
    if endpoint.doc.of_silos {
        kinds.extend(OF_SILOS);
    } else if !rules.public && tells {
        kinds.extend(OF_ACTORS);
    }
    if endpoint.is_command() && !rules.public {
        kinds.push(problem::CONFLICT);
        if !endpoint.doc.of_silos {
            kinds.push(problem::KEY_REUSED);
        }
    }
    if endpoint.is_command() && endpoint.method != Method::DELETE {
        kinds.extend(OF_BODIES);
    }
    kinds.extend(endpoint.doc.problems);
    kinds
}

fn one_of(kinds: &[Kind], schemas: &mut Schemas) -> Value {
    let named = kinds.iter().map(|kind| (kind, name(*kind)));
    let references = named.map(|(kind, name)| {
        let schema = schema(*kind, schemas);
        (kind, schemas.name(&name, schema))
    });
    let references: Vec<_> = references.collect();
    // A single kind needs no choice, and generated clients show its type as it is.
    if let [(_, only)] = &references[..] {
        return only.clone();
    }
    let mapping = references.iter().map(|(kind, schema)| {
        let uri = format!("{}{}", problem::TYPES, kind.code);
        (uri, schema["$ref"].clone())
    });
    let mapping: Map<String, Value> = mapping.collect();
    let choices: Vec<_> = references.iter().map(|(_, schema)| schema).collect();
    json!({
        "oneOf": choices,
        "discriminator": {"propertyName": "type", "mapping": mapping},
    })
}

/// `idempotency-key-reused` is `IdempotencyKeyReusedProblem`.
fn name(kind: Kind) -> String {
    let code = camel(kind.code);
    let (first, rest) = code.split_at(1);
    format!("{}{rest}Problem", first.to_uppercase())
}

fn schema(kind: Kind, schemas: &mut Schemas) -> Value {
    let uri = format!("{}{}", problem::TYPES, kind.code);
    let what = json!({"type": "string", "const": uri, "description": "Never changes its meaning."});
    let status = kind.status.as_u16();
    let status = json!({"type": "integer", "const": status, "description": "The HTTP status."});
    let mut object = common(what, status);
    for (name, schema) in members(kind, schemas) {
        object = object.with(name, schema, false);
    }
    let mut schema = object.done();
    schema["description"] = kind.title.into();
    // Clients ignore members that they do not know (RFC 9457, 3.2).
    schema["additionalProperties"] = true.into();
    schema
}

/// The members that every problem has.
fn common(what: Value, status: Value) -> Object {
    let text = |about: &str| json!({"type": "string", "description": about});
    Object::default()
        .with("type", what, true)
        .with("title", text("What kind of problem it is."), true)
        .with("status", status, true)
        .with("detail", text("What happened this time."), true)
        .with("requestId", text("Names the request in the log."), true)
        .with("errors", errors(), false)
}

/// Any problem, also one of a kind that this document does not know yet.
pub(super) fn any() -> Value {
    let what = json!({
        "type": "string",
        "pattern": format!("^{}[a-z-]+$", problem::TYPES),
        "description": "Never changes its meaning.",
    });
    let status = json!({
        "type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status.",
    });
    let mut schema = common(what, status).done();
    schema["additionalProperties"] = true.into();
    schema["description"] = "What went wrong, and where (RFC 9457).".into();
    schema
}

fn errors() -> Value {
    let pointer = json!({
        "type": "string", "description": "JSON pointer (RFC 6901) into the request's body.",
    });
    let message = json!({"type": "string", "description": "What is wrong there."});
    let error = Object::default().with("pointer", pointer, true);
    json!({
        "type": "array",
        "description": "All mistakes of the body.",
        "items": error.with("message", message, true).done(),
    })
}

/// The members that only problems of this kind have.
fn members(kind: Kind, schemas: &mut Schemas) -> Vec<(&'static str, Value)> {
    let text = |about: &str| json!({"type": "string", "description": about});
    let texts =
        |about: &str| json!({"type": "array", "items": {"type": "string"}, "description": about});
    let count = |about: &str| json!({"type": "integer", "minimum": 0, "description": about});
    match kind {
        problem::MALFORMED => vec![
            ("line", count("Where the body is no JSON.")),
            ("column", count("Where the body is no JSON.")),
        ],
        problem::FORBIDDEN => vec![("allowed", texts("Roles that may."))],
        problem::CONFLICT => vec![
            ("from", text("The state now.")),
            ("to", text("The state that was asked for.")),
            ("allowed", texts("States that could be asked for.")),
        ],
        problem::REJECTED => {
            let mut missing = schemas.list_of("types", "amount");
            missing["description"] = "What is lacking, ingredient by ingredient.".into();
            vec![
                ("reason", text("The kind of reason.")),
                ("missing", missing),
                ("alternatives", texts("What could be had now.")),
                ("orderId", text("The order, which is kept.")),
            ]
        }
        problem::DECLINED => {
            let error = json!({"description": "What the actor says."});
            vec![("error", error)]
        }
        problem::STALE => vec![("version", count("The version now."))],
        problem::TOO_LARGE => vec![("limitBytes", count("The longest body that is taken."))],
        problem::ACTOR_FAILED => vec![("bound", text("What the actor exceeded."))],
        problem::NOT_READY => vec![("reasons", texts("Why, for people."))],
        problem::MOVED | problem::UNKNOWN_OUTCOME => {
            let about = "Names the message; asking again with the same key is safe.";
            vec![("messageId", text(about))]
        }
        _ => Vec::new(),
    }
}

fn header(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        401 => Some(("WWW-Authenticate", "`Bearer`")),
        415 => Some(("Accept-Encoding", "Content codings that are taken.")),
        429 | 503 | 507 => Some(("Retry-After", "Seconds after which to ask again.")),
        _ => None,
    }
}
