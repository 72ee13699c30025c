//! A pizzeria that posts, and what its operators see.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::operator::{json_of, run};
use crate::common::{Pizza, request, until};
use crate::webhooks::receiver::Receiver;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A webhook that tries again quickly, to a receiver on this machine.
pub(crate) fn section(receiver: &Receiver, more: &str) -> String {
    let url = receiver.url();
    // What is away for a while is no dead letter, unless a test wants one.
    let attempts = if more.contains("attempts =") {
        ""
    } else {
        "attempts = 10000\n"
    };
    let secrets = if more.contains("secrets =") {
        String::new()
    } else {
        format!("secrets = [\"{SECRET}\"]\n")
    };
    format!(
        "[[webhooks]]\nname = \"hook\"\nurl = \"{url}\"\nallow_private = [\"127.0.0.1\"]\n\
         retry_first_ms = 20\nretry_longest_ms = 200\n{attempts}{secrets}{more}\n"
    )
}

pub(crate) struct World {
    pub(crate) pizza: Pizza,
    pub(crate) data: TempDir,
}

impl World {
    /// `webhooks` is the rest of the configuration file.
    pub(crate) fn new(webhooks: &str) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let pizza = start(data.path(), webhooks);
        let world = Self { pizza, data };
        world.posts();
        world
    }

    /// Stops it, and starts it with another configuration.
    pub(crate) fn restart(self, webhooks: &str) -> Self {
        let Self { pizza, data } = self;
        assert!(pizza.stop().success());
        let pizza = start(data.path(), webhooks);
        let world = Self { pizza, data };
        world.posts();
        world
    }

    /// Waits until everything that happens is followed.
    fn posts(&self) {
        until("the webhook to begin", || {
            let all = self.webhooks();
            let state = all.first()?["state"].as_str()?.to_owned();
            (!["not-running", "starting"].contains(&&*state)).then_some(())
        });
    }

    /// What the command line tells.
    pub(crate) fn verb(&self, words: &[&str]) -> std::process::Output {
        run(&self.pizza, self.data.path(), words)
    }

    pub(crate) fn webhooks(&self) -> Vec<Value> {
        let listed = json_of(&self.verb(&["webhook", "list", "--json"]));
        listed["webhooks"].as_array().expect("a list").clone()
    }

    pub(crate) fn webhook(&self) -> Value {
        self.webhooks().swap_remove(0)
    }

    /// Waits until the webhook is as wanted; how it stands then.
    pub(crate) fn until(&self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        until(what, || {
            Some(self.webhook()).filter(|webhook| wanted(webhook))
        })
    }

    pub(crate) fn letters(&self) -> Vec<Value> {
        let listed = json_of(&self.verb(&["webhook", "dlq", "hook", "--json"]));
        listed["deadLetters"].as_array().expect("a list").clone()
    }

    /// Positions of the events of orders in the restaurant's stream.
    pub(crate) fn positions(&self) -> Vec<u64> {
        let token = self.token();
        let headers = [("authorization", token.as_str())];
        let path = "/streams/restaurant-orders/napoli?limit=1000";
        let page = request(self.pizza.admin, "GET", path, &headers, None).json();
        let events = page["events"].as_array().expect("events");
        let of_orders = events
            .iter()
            .filter(|e| e["payload"].get("status").is_some());
        of_orders
            .map(|e| e["position"].as_u64().expect("a position"))
            .collect()
    }

    pub(crate) fn token(&self) -> String {
        let token = std::fs::read_to_string(self.data.path().join("admin-token"));
        format!("Bearer {}", token.expect("a token").trim())
    }
}

pub(crate) fn start(data: &Path, webhooks: &str) -> Pizza {
    let file = data.join("pizza.toml");
    std::fs::write(&file, format!("speed = 1200\n{webhooks}")).expect("a file");
    Pizza::start(data, &["--config", &file.display().to_string()])
}

/// An order that is ready; its id.
pub(crate) fn ready(pizza: &Pizza) -> String {
    let order = pizza.order();
    until("the pizza", || {
        let order = pizza.get(&format!("/api/orders/{order}")).json();
        (order["status"] == "ready").then_some(())
    });
    order
}
