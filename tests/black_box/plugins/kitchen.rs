//! A pizzeria whose kitchen is watched.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::compile;
use crate::common::{Answer, Pizza, request, until};

pub(crate) struct Kitchen {
    pub(crate) pizza: Pizza,
    pub(crate) data: TempDir,
}

impl Kitchen {
    pub(crate) fn open(speed: &str) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let pizza = Pizza::start(data.path(), &["--speed", speed]);
        Self { pizza, data }
    }

    pub(crate) fn restart(self, speed: &str) -> Self {
        let Self { pizza, data } = self;
        assert!(pizza.stop().success());
        let pizza = Pizza::start(data.path(), &["--speed", speed]);
        Self { pizza, data }
    }

    /// The command line.
    pub(crate) fn pizza(&self, words: &[&str]) -> Output {
        let admin = self.pizza.admin.to_string();
        Command::new(env!("CARGO_BIN_EXE_pizza"))
            .args(words)
            .args(["--admin", &admin, "--data"])
            .arg(self.data.path())
            .output()
            .expect("the binary runs")
    }

    pub(crate) fn says(&self, words: &[&str]) -> String {
        let output = self.pizza(words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn admin(&self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let token = std::fs::read_to_string(self.data.path().join("admin-token"));
        let bearer = format!("Bearer {}", token.expect("a token").trim());
        let headers = [("authorization", bearer.as_str())];
        request(self.pizza.admin, method, path, &headers, body)
    }

    pub(crate) fn bind(&self, wasm: &[u8]) -> Answer {
        self.admin("PUT", "/plugins/kitchen/napoli", Some(wasm))
    }

    /// What the kitchen itself says of its plugin.
    pub(crate) fn trust(&self) -> Value {
        self.pizza.get("/api/kitchen/napoli/status").json()["plugin"].clone()
    }

    /// What the silo says of it.
    pub(crate) fn figures(&self) -> Value {
        let answer = self.admin("GET", "/plugins/kitchen/napoli", None);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// An order of so many pizzas; its id.
    pub(crate) fn order(&self, pizzas: u32) -> String {
        let items = serde_json::json!([{"pizzaType": "Margherita", "quantity": pizzas}]);
        let body = serde_json::json!(
            {"customerId": "customer-1", "restaurantId": "napoli", "items": items}
        );
        let answer = self.pizza.post("/api/orders", &body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["orderId"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn until_ready(&self, orders: &[String]) {
        for order in orders {
            until(&format!("{order} to be ready"), || {
                let state = self.pizza.get(&format!("/api/orders/{order}")).json();
                (state["status"] == "ready").then_some(())
            });
        }
    }

    pub(crate) fn chef(&self, chef: &str, verb: &str) {
        let body = serde_json::json!([chef]);
        let path = format!("/api/actors/kitchen/napoli/{verb}");
        let answer = self.pizza.post(&path, &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// The component of an example, compiled once for all tests.
pub(crate) fn example(name: &str) -> PathBuf {
    static COMPILED: OnceLock<PathBuf> = OnceLock::new();
    let folder = COMPILED.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        compile::compile(root, &["shortest-job", "nearest-deadline"]).expect("they compile")
    });
    folder.join(compile::file(&name.replace('-', "_")))
}
