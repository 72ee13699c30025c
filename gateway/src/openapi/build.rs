//! From the list of endpoints to the document.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::document;
use super::{operation, problems};
use crate::cookie;
use crate::endpoint::Endpoint;
use crate::schema::Schemas;

const ABOUT: &str = "Orders, kitchens, stock, drivers and restaurants of a pizza chain. \
    Every error is `application/problem+json` (RFC 9457). A command that is sent again with \
    the same `Idempotency-Key` happens once and gets the same answer. Times are RFC 3339 in \
    UTC, money is integer cents, places are WGS 84 degrees; what is absent is left out.";

/// The document of these endpoints.
pub(crate) fn build(endpoints: &[Endpoint]) -> Value {
    let (document, missing) = described(endpoints);
    debug_assert!(missing.is_empty(), "in no contract: {missing:?}");
    document
}

/// The document, and what it asks of the contracts that they do not have.
fn described(endpoints: &[Endpoint]) -> (Value, Vec<String>) {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for endpoint in endpoints.iter().filter(|endpoint| !endpoint.doc.is_apart) {
        let path = document::path(endpoint.rules.path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        let method = endpoint.method.as_str().to_ascii_lowercase();
        item[method] = operation::describe(endpoint, &mut schemas);
    }
    let missing = schemas.take_missing();
    let mut named: Map<String, Value> = schemas.into_named().into_iter().collect();
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
            "securitySchemes": security_schemes(),
        },
    });
    (document, missing)
}

fn security_schemes() -> Value {
    let in_cookie = |name: &str, about: &str| json!({"type": "apiKey", "in": "cookie", "name": name, "description": about});
    let session = in_cookie(
        cookie::SESSION.of(false),
        "For pages: `POST /api/session` changes a token for it. Over TLS it is called \
         `__Host-pizza_session`. A request that may change \
         something has to say `Sec-Fetch-Site: same-origin`, or its own `Origin`.",
    );
    let link = in_cookie(
        cookie::ORDER.of(false),
        "For pages: `POST /api/orders/{id}/session` changes the key of the order's link for it. \
         Over TLS it is called `__Secure-pizza_order`. It opens that order alone.",
    );
    let token = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "A token has a role. On loopback, where the operator allows it, everything \
            works without one.",
    });
    json!({"token": token, "session": session, "orderLink": link})
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
        "session" => "Who a page's user is.",
        "admin" => "Silos and the modules that serve in them, for operators.",
        "overview" => "All restaurants in figures.",
        "simulation" => "People of a demo who order and drive by themselves.",
        _ => "For whoever runs the service.",
    };
    let operations = paths.values().filter_map(Value::as_object);
    let operations = operations.flat_map(|item| item.values());
    let tags = operations.filter_map(|operation| operation["tags"][0].as_str());
    let tags: BTreeSet<&str> = tags.collect();
    let tags = tags.into_iter();
    tags.map(|tag| json!({"name": tag, "description": about(tag)}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn the_contracts_have_everything_that_endpoints_speak_of() {
        let (document, missing) = described(&routes::endpoints());
        assert_eq!(missing, [""; 0]);
        let named = document["components"]["schemas"].as_object();
        let named = named.expect("schemas");
        assert!(named.values().all(Value::is_object), "{named:?}");
        let order = &named["OrderState"]["properties"];
        assert_eq!(order["createdAt"]["format"], "date-time");
        assert_eq!(order["status"]["$ref"], "#/components/schemas/OrderStatus");
    }
}
