//! The finished document, as it is served and as bodies are checked by it.

use std::sync::{LazyLock, OnceLock};

use axum::http::Method;
use bytes::Bytes;
use serde_json::Value;

/// What this API is, in OpenAPI 3.1. It is made when somebody first asks for it, since it is
/// most of what a gateway at rest would have in memory.
pub(crate) struct Document {
    value: LazyLock<Value>,
    text: OnceLock<Bytes>,
}

impl Document {
    /// The document that `make` gives, which is called once at most.
    pub(crate) fn new(make: fn() -> Value) -> Self {
        Self {
            value: LazyLock::new(make),
            text: OnceLock::new(),
        }
    }

    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The document as text, as it is served.
    pub(crate) fn text(&self) -> Bytes {
        let text = self.text.get_or_init(|| self.value.to_string().into());
        text.clone()
    }

    /// The schema of the body of an endpoint, by its route; `None` where it takes none.
    pub(crate) fn body_schema(&self, method: &Method, route: &str) -> Option<&Value> {
        let route = path(route);
        let method = method.as_str().to_ascii_lowercase();
        let body = &self.value["paths"][route][method]["requestBody"];
        body["content"]["application/json"].get("schema")
    }
}

/// A route as OpenAPI writes it, which knows no parameter of several steps.
pub(super) fn path(route: &str) -> String {
    route.replace("{*", "{")
}
