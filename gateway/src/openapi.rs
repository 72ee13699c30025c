//! `/openapi.json`: what this API is, in OpenAPI 3.1, made of the same list of endpoints as
//! the routes, with the types of the actors' contracts.

mod contracts;
mod docs;
pub(crate) mod events;
mod operation;
mod problems;
mod schemas;

use std::sync::LazyLock;

use axum::http::Method;
use bytes::Bytes;
use pizza_value::camel;
use serde_json::{Map, Value, json};

pub(crate) use docs::{KEY, LINE, is_key, is_line};
pub(crate) use events::Told;
pub(crate) use schemas::{Object, Schemas};

use crate::endpoint::Endpoint;
use crate::routes;

const ABOUT: &str = "Orders, kitchens, stock, drivers and restaurants of a pizza chain. \
    Every error is `application/problem+json` (RFC 9457). A command that is sent again with \
    the same `Idempotency-Key` happens once and gets the same answer. Times are RFC 3339 in \
    UTC, money is integer cents, places are WGS 84 degrees; what is absent is left out.";

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(&routes::endpoints()).0);

/// As it is served.
pub(crate) fn served() -> Bytes {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(DOCUMENT.to_string()));
    TEXT.clone()
}

/// The document, and what it says of the body of an endpoint, by its route.
pub(crate) fn body_of(method: &Method, route: &str) -> Option<(&'static Value, &'static Value)> {
    let route = route.replace("{*", "{");
    let method = method.as_str().to_ascii_lowercase();
    let body = &DOCUMENT["paths"][route][method]["requestBody"];
    let schema = body["content"]["application/json"].get("schema")?;
    Some((&*DOCUMENT, schema))
}

/// What the contract of an actor that comes with this says of a function's
/// arguments.
pub(crate) fn arguments_of(actor_type: &str, method: &str) -> Option<Arguments> {
    let function = contracts::contracts().function(actor_type, method)?;
    let names = function.params.iter().map(|param| camel(&param.name));
    let mut schemas = Schemas::default();
    let schema = schemas.arguments(actor_type, method, &[]);
    Some(Arguments {
        names: names.collect(),
        schema,
        document: json!({"components": {"schemas": schemas.named}}),
    })
}

pub(crate) struct Arguments {
    /// In their order.
    pub(crate) names: Vec<String>,
    /// Of an object by name.
    pub(crate) schema: Value,
    /// Where its references lead.
    pub(crate) document: Value,
}

/// The document, and what it asks of the contracts that they do not have.
fn document(endpoints: &[Endpoint]) -> (Value, Vec<String>) {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for endpoint in endpoints.iter().filter(|endpoint| !endpoint.doc.is_page) {
        let path = endpoint.rules.path.replace("{*", "{");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        let method = endpoint.method.as_str().to_ascii_lowercase();
        item[method] = operation::describe(endpoint, &mut schemas);
    }
    let mut named: Map<String, Value> = schemas.named.into_iter().collect();
    named.insert("Problem".to_owned(), problems::any());
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Awesome Pizza",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where this document came from"}],
        "tags": tags(&paths),
        "paths": paths,
        "components": {
            "schemas": named,
            "responses": {"Problem": {
                "description": "What went wrong, and where",
                "content": {"application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                }},
            }},
            "securitySchemes": {"token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token has a role. On loopback, where the operator allows \
                    it, everything works without one.",
            }},
        },
    });
    (document, schemas.missing)
}

/// What the operations are about, as they name it.
fn tags(paths: &Map<String, Value>) -> Vec<Value> {
    let about = |tag: &str| match tag {
        "orders" => "From the customer's wish to the door.",
        "restaurants" => "Who makes pizzas, and how that goes.",
        "kitchen" => "What waits, what is made, and by whom.",
        "inventory" => "Ingredients and recipes.",
        "drivers" => "Who carries pizzas, and where they are.",
        "dashboard" => "What happens in a restaurant, as it happens.",
        "actors" => "Any function of any actor.",
        _ => "For whoever runs the service.",
    };
    let operations = paths.values().filter_map(Value::as_object);
    let operations = operations.flat_map(|item| item.values());
    let tags = operations.filter_map(|operation| operation["tags"][0].as_str());
    let tags: std::collections::BTreeSet<&str> = tags.collect();
    let tags = tags.into_iter();
    tags.map(|tag| json!({"name": tag, "description": about(tag)}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_have_everything_that_endpoints_speak_of() {
        let (document, missing) = document(&routes::endpoints());
        assert_eq!(missing, [""; 0]);
        let named = document["components"]["schemas"].as_object();
        let named = named.expect("schemas");
        assert!(named.values().all(Value::is_object), "{named:?}");
        let order = &named["OrderState"]["properties"];
        assert_eq!(order["createdAt"]["format"], "date-time");
        assert_eq!(order["status"]["$ref"], "#/components/schemas/OrderStatus");
    }
}
