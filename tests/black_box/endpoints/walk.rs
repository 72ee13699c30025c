//! A request to each endpoint, and what it should be answered.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::{Answer, Pizza, request};

pub(crate) struct Walk {
    pub(crate) pizza: Pizza,
    pub(crate) walked: BTreeSet<String>,
}

/// One endpoint: the good request first, then the bad ones.
pub(crate) struct Row<'w> {
    pub(crate) walk: &'w Walk,
    pub(crate) name: String,
    pub(crate) method: &'static str,
}

impl Walk {
    pub(crate) fn row(&mut self, method: &'static str, template: &str) -> Row<'_> {
        let name = format!("{} {template}", method.to_lowercase());
        self.walked.insert(name.clone());
        Row {
            walk: self,
            name,
            method,
        }
    }

    pub(crate) fn order(&self) -> String {
        self.pizza.order()
    }

    /// An order that has come as far as this.
    pub(crate) fn order_at(&self, statuses: &[&str]) -> String {
        let order = self.order();
        for status in statuses {
            let path = format!("/api/orders/{order}/status");
            let moved = self.pizza.put(&path, &json!({"status": status}));
            assert_eq!(moved.status, 200, "{}", moved.text());
        }
        order
    }

    /// For the restaurant, which does not know it: it makes no offers of its own.
    pub(crate) fn drives(&self, driver: &str) {
        self.call(&format!("driver/{driver}"), "join", &json!(["napoli"]));
        let path = format!("/api/drivers/{driver}/status");
        let works = self.pizza.put(&path, &json!({"status": "available"}));
        assert_eq!(works.status, 200, "{}", works.text());
    }

    pub(crate) fn call(&self, actor: &str, method: &str, arguments: &Value) {
        let path = format!("/api/actors/{actor}/{method}");
        let called = self.pizza.post(&path, arguments);
        assert_eq!(called.status, 200, "{}", called.text());
    }
}

impl Row<'_> {
    pub(crate) fn ask(&self, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let text = body.map(Value::to_string);
        let body = text.as_deref().map(str::as_bytes);
        request(self.walk.pizza.http, self.method, path, headers, body)
    }

    pub(crate) fn good(self, status: u16, path: &str, body: Option<Value>) -> Self {
        let answer = self.ask(path, &[], body.as_ref());
        assert_eq!(answer.status, status, "{}: {}", self.name, answer.text());
        self
    }

    pub(crate) fn bad(self, status: u16, path: &str, body: Option<Value>) -> Self {
        self.bad_with(status, path, &[], body)
    }

    pub(crate) fn bad_with(
        self,
        status: u16,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Self {
        let answer = self.ask(path, headers, body.as_ref());
        let place = format!("{}: {path}: {}", self.name, answer.text());
        assert_eq!(answer.status, status, "{place}");
        let content_type = answer.header("content-type");
        assert_eq!(
            content_type.as_deref(),
            Some("application/problem+json"),
            "{place}"
        );
        assert_eq!(answer.json()["status"], status, "{place}");
        self
    }

    /// The role's own token, from elsewhere than this machine.
    pub(crate) fn not_for(self, role: &str, path: &str, body: Option<Value>) -> Self {
        let token = format!("Bearer {}", self.walk.pizza.tokens[role]);
        self.bad_with(403, path, &[("authorization", &token)], body)
    }
}
