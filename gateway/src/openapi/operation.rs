//! One endpoint in the document.

use axum::http::{Method, StatusCode};
use pizza_value::camel;
use serde_json::{Map, Value, json};

use super::problems;
use crate::endpoint::{Answer, Endpoint, Rules, Shape};
use crate::feed::position;
use crate::identity::Role;
use crate::ownership::Ownership;
use crate::parameters::schema_in_path;
use crate::schema::{Schemas, events};

pub(super) fn describe(endpoint: &Endpoint, schemas: &mut Schemas) -> Value {
    let (rules, doc) = (&endpoint.rules, &endpoint.doc);
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "tags": [tag(rules.path)],
        "summary": doc.summary,
        "description": who(rules, endpoint.is_command()),
        "parameters": parameters(endpoint, schemas),
        "responses": responses(endpoint, schemas),
        "security": security(rules),
    });
    if let Some(body) = &doc.body {
        operation["requestBody"] = json!({
            "required": body.required,
            "content": {body.media: {"schema": named(endpoint, "Body", body.schema, schemas)}},
        });
        if let Some(examples) = body.examples {
            operation["requestBody"]["content"][body.media]["examples"] = examples();
        }
    }
    operation
}

/// What has to be shown. The empty alternative is loopback, where an operator may allow to show
/// nothing.
fn security(rules: &Rules) -> Value {
    if rules.public {
        return json!([]);
    }
    let mut any = vec![json!({"token": []}), json!({"session": []})];
    if rules.by_link {
        any.push(json!({"orderLink": []}));
    }
    any.push(json!({}));
    any.into()
}

/// A schema under a name of its own, which generated clients have for it.
fn named(endpoint: &Endpoint, what: &str, shape: Shape, schemas: &mut Schemas) -> Value {
    let schema = shape(schemas);
    // References have a name already, and plain types need none.
    if schema.get("properties").is_none() && schema.get("anyOf").is_none() {
        return schema;
    }
    let id = operation_id(endpoint);
    let (first, rest) = id.split_at(1);
    schemas.name(&format!("{}{rest}{what}", first.to_uppercase()), schema)
}

/// `POST /api/orders/{id}/cancel` is `postOrdersIdCancel`.
fn operation_id(endpoint: &Endpoint) -> String {
    let method = endpoint.method.as_str().to_ascii_lowercase();
    let path = endpoint.rules.path.replace(['{', '}', '*', '.'], "-");
    let steps = path.split(['/', '-']).filter(|step| !step.is_empty());
    // Names of functions in generated clients: they must not change when wording does.
    let words = std::iter::once(method.as_str()).chain(steps.filter(|step| *step != "api"));
    camel(&words.collect::<Vec<_>>().join("-"))
}

/// `/api/orders/{id}` is about `orders`, `/health/live` about `operations`.
fn tag(path: &str) -> &str {
    let mut steps = path.strip_prefix("/api/").map(|rest| rest.split('/'));
    steps
        .as_mut()
        .and_then(Iterator::next)
        .unwrap_or("operations")
}

fn who(rules: &Rules, is_command: bool) -> String {
    if rules.public {
        return "Anybody may.".to_owned();
    }
    let own = |role: Role| match (rules.ownership, role) {
        (Ownership::Order, _) | (Ownership::Driver, _) => " (their own)",
        (Ownership::Restaurant, _) => " (their own)",
        _ => "",
    };
    let roles = rules
        .roles
        .iter()
        .map(|role| format!("{}{}, ", role.name(), own(*role)));
    let link = if rules.by_link {
        " Or whoever has the order's link."
    } else {
        ""
    };
    let look = if is_command { "" } else { ", observer" };
    format!("Roles: {}admin{look}.{link}", roles.collect::<String>())
}

fn parameters(endpoint: &Endpoint, schemas: &mut Schemas) -> Vec<Value> {
    let mut all = Vec::new();
    let steps = endpoint.rules.path.split('/');
    let named = steps.filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'));
    all.extend(named.map(|name| in_path(name, tag(endpoint.rules.path))));
    for parameter in endpoint.doc.query {
        all.push(json!({
            "name": parameter.name,
            "in": "query",
            "description": parameter.about,
            "schema": (parameter.schema)(schemas),
        }));
    }
    let mut header = |name: &str, about: &str, schema: Value| {
        all.push(json!({"name": name, "in": "header", "description": about, "schema": schema}));
    };
    if happens_once(endpoint) {
        let about = "Sent again with the same key, a command happens once.";
        let schema = json!({"type": "string", "pattern": "^[!-~]{1,255}$"});
        header("Idempotency-Key", about, schema);
    }
    if endpoint.rules.versioned && endpoint.is_command() {
        let about = "The entity tag that the thing must still have.";
        let pattern = r#"^(\*|(W/)?"[^"]*")$"#;
        header(
            "If-Match",
            about,
            json!({"type": "string", "pattern": pattern}),
        );
    }
    if matches!(endpoint.doc.answer, Answer::Events(_)) {
        let about = "Go on after this event; 0 is the beginning.";
        let schema = json!({"type": "string", "pattern": position::PATTERN});
        header("Last-Event-ID", about, schema);
    }
    all
}

/// Only an actor remembers what happened, and public endpoints ask none.
fn happens_once(endpoint: &Endpoint) -> bool {
    endpoint.is_command() && !endpoint.rules.public && !endpoint.doc.of_silos
}

fn in_path(name: &str, tag: &str) -> Value {
    // A route writes `{*name}` for a parameter of several steps.
    let name = name.trim_start_matches('*');
    let mut schema = schema_in_path(name, tag);
    let example = match (name, tag) {
        ("id", "admin") => {
            schema["examples"] = json!([1]);
            None
        }
        ("id", "kitchen" | "inventory" | "restaurants" | "dashboard") => Some("napoli"),
        ("id", "drivers") => Some("driver-1"),
        ("chef", _) => Some("napoli.1"),
        ("order", "inventory") => Some("supply-1"),
        ("alert", _) => Some("1"),
        ("ingredient", _) => Some("mozzarella"),
        _ => None,
    };
    if let Some(example) = example {
        schema["examples"] = json!([example]);
    }
    let about = match (name, tag) {
        ("id", "orders") => "The order's id.",
        ("id", "drivers") => "The driver's id.",
        ("id", "admin") => "The letter's number.",
        ("id", _) => "The restaurant's id, which its kitchen and its inventory have too.",
        ("chef", _) => "The chef's id, as `napoli.1` or `1`.",
        ("order", "kitchen") => "The order's id.",
        ("alert", _) => "The alert's number.",
        ("ingredient", _) => "The ingredient's name.",
        ("type", _) => "The actor's type, as `order`.",
        ("key", _) => "The actor's key.",
        ("digest", _) => "The module's digest, or how it begins: 4 to 64 hexadecimal digits.",
        ("old", _) => "The digest of the module that serves, or how it begins.",
        ("new", _) => "The digest of the other one, or how it begins.",
        ("stream", _) => "The stream's name.",
        ("method", _) => "The function's name in the actor's contract.",
        _ => "Its name.",
    };
    json!({"name": name, "in": "path", "required": true, "description": about, "schema": schema})
}

fn responses(endpoint: &Endpoint, schemas: &mut Schemas) -> Value {
    let (rules, doc) = (&endpoint.rules, &endpoint.doc);
    let content = match &doc.answer {
        Answer::Json(shape) => {
            let schema = named(endpoint, "Answer", *shape, schemas);
            json!({"application/json": {"schema": schema}})
        }
        Answer::Events(stream) => {
            let events = (stream.events)(schemas);
            let schema = events::schema(stream.name, events, schemas);
            json!({"text/event-stream": {"schema": schema}})
        }
        Answer::Lines(shape) => {
            let schema = named(endpoint, "Line", *shape, schemas);
            json!({"application/x-ndjson": {"schema": schema}})
        }
        Answer::Text(media) => json!({*media: {"schema": {"type": "string"}}}),
        Answer::File => json!({"*/*": {}}),
        Answer::Elsewhere | Answer::Nothing(_) => json!({}),
    };
    let reason = |status: u16| {
        let status = StatusCode::from_u16(status).ok();
        status
            .and_then(|status| status.canonical_reason())
            .unwrap_or("")
    };
    let mut answer = json!({"description": reason(doc.status), "content": content});
    if let Answer::Nothing(about) = doc.answer {
        answer = json!({"description": about});
    }
    let mut headers = Map::new();
    if rules.versioned {
        let about = "Names this version of the thing.";
        let etag = json!({"description": about, "schema": {"type": "string"}});
        headers.insert("ETag".to_owned(), etag);
    }
    if happens_once(endpoint) {
        let about = "`true` when the same request was answered before.";
        let schema = json!({"type": "string", "enum": ["true"]});
        let replayed = json!({"description": about, "schema": schema});
        headers.insert("Idempotency-Replayed".to_owned(), replayed);
    }
    if doc.status == 201 {
        let location = json!({"description": "Where it is", "schema": {"type": "string"}});
        headers.insert("Location".to_owned(), location);
        answer["links"] = links();
    }
    if !headers.is_empty() {
        answer["headers"] = headers.into();
    }
    let mut all = Map::from_iter([(doc.status.to_string(), answer)]);
    if rules.versioned && endpoint.method == Method::GET {
        all.insert("304".to_owned(), json!({"description": reason(304)}));
    }
    if let Some(about) = doc.nothing {
        all.insert("204".to_owned(), json!({"description": about}));
    }
    all.extend(problems::responses(endpoint, schemas));
    let problem = json!({"$ref": "#/components/responses/Problem"});
    all.insert("default".to_owned(), problem);
    all.into()
}

/// What can be done with an order that was just made.
fn links() -> Value {
    let to = |operation: &str| json!({"operationId": operation, "parameters": {"id": "$response.body#/orderId"}});
    json!({
        "read": to("getOrdersId"),
        "cancel": to("postOrdersIdCancel"),
        "assignDriver": to("postOrdersIdAssignDriver"),
        "updateStatus": to("putOrdersIdStatus"),
        "confirmDelivery": to("postOrdersIdConfirmDelivery"),
    })
}
