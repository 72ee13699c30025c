//! `/openapi.json`: what this API is, in OpenAPI 3.1, made of the same list of endpoints as
//! the routes, with the types of the actors' contracts.

mod contracts;
mod operation;
mod schemas;

use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::{Map, Value, json};

pub(crate) use schemas::{Object, Schemas, or_null};

use crate::endpoint::Endpoint;
use crate::{problem, routes};

const ABOUT: &str = "Orders, kitchens, stock, drivers and restaurants of a pizza chain. \
    Every error is `application/problem+json` (RFC 9457). A command that is sent again with \
    the same `Idempotency-Key` happens once and gets the same answer. Times are RFC 3339 in \
    UTC, money is integer cents, places are WGS 84 degrees; what is absent is left out.";

/// As it is served.
pub(crate) fn served() -> Bytes {
    static TEXT: LazyLock<Bytes> =
        LazyLock::new(|| Bytes::from(document(&routes::endpoints()).0.to_string()));
    TEXT.clone()
}

/// The document, and what it asks of the contracts that they do not have.
fn document(endpoints: &[Endpoint]) -> (Value, Vec<String>) {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for endpoint in endpoints {
        let path = endpoint.rules.path.replace("{*", "{");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        let method = endpoint.method.as_str().to_ascii_lowercase();
        item[method] = operation::describe(endpoint, &mut schemas);
    }
    let mut named: Map<String, Value> = schemas.named.into_iter().collect();
    named.insert("Problem".to_owned(), problem_schema());
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Awesome Pizza",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
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

fn problem_schema() -> Value {
    let error = json!({
        "type": "object",
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer into the request's body"},
            "message": {"type": "string"},
        },
        "required": ["pointer", "message"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "description": "Some kinds have members of their own, like `from`, `to` and \
            `allowed` of a conflict.",
        "properties": {
            "type": {"type": "string", "pattern": format!("^{}[a-z-]+$", problem::TYPES)},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "requestId": {"type": "string"},
            "errors": {"type": "array", "items": error},
        },
        "required": ["type", "title", "status", "detail", "requestId"],
    })
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
