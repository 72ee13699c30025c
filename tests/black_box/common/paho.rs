//! A phone that is nothing of ours: Python and paho-mqtt.

use std::process::{Command, Output};

use serde_json::Value;

use super::{Pizza, until};

/// Where its broker listens, and what the broker wants to see.
pub(crate) struct Phone<'w> {
    pub(crate) port: u16,
    pub(crate) version: &'w str,
    pub(crate) manners: &'w [String],
}

impl Phone<'_> {
    pub(crate) fn run(&self, driver: &str, words: &[&str]) -> Output {
        let root = env!("CARGO_MANIFEST_DIR");
        let python = Command::new(format!("{root}/scripts/paho")).output();
        let python = python.expect("scripts/paho runs");
        assert!(python.status.success(), "{python:?}");
        let python = String::from_utf8(python.stdout).expect("a path");
        Command::new(python.trim())
            .arg(format!("{root}/tests/black_box/common/phone.py"))
            .args(["--port", &self.port.to_string(), "--mqtt", self.version])
            .args(["--driver", driver])
            .args(self.manners)
            .args(words)
            .output()
            .expect("Python runs")
    }

    fn seen(&self, driver: &str, words: &[&str]) -> Value {
        let output = self.run(driver, words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "MQTT {}: {errors}", self.version);
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Positions in, an order's states out, and the last will of a phone that vanishes.
    pub(crate) fn lives(&self, pizza: &Pizza) {
        const POSITIONS: u64 = 200;
        let order = pizza.order();
        let driver = format!("paho-{}-{}", self.port, self.version);
        let status = || pizza.get(&format!("/api/drivers/{driver}/status")).json();
        let seen = self.seen(&driver, &["--positions", "200", "--order", &order]);
        assert_eq!(seen["acknowledged"], POSITIONS + 1, "{seen}");
        let states = seen["states"].as_array().expect("a list");
        assert_eq!(states.last().expect("a state"), "ready", "{seen}");
        until("the last position", || {
            (status()["location"]["lat"] == 41.02).then_some(())
        });
        assert_eq!(status()["status"], "available", "it said goodbye");
        self.seen(&driver, &["--vanish"]);
        until("the last will", || {
            (status()["status"] == "offline").then_some(())
        });
    }
}
