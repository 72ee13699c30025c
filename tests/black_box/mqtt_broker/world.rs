//! A pizzeria with its own broker.

use std::fs::File;
use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Pizza, until};

/// Deliveries to a shop, beside the usual word of drivers.
pub(crate) const OWN: &str = r#"
[[bridge.inbound]]
topic = "shop/{shop}/deliveries"
actor = "inventory"
key = "{shop}"
method = "restock"
id = "content"
arguments = { amounts = [{ ingredient = "$/what", quantity = "$/count" }] }

[[bridge.inbound]]
topic = "shop/{shop}/anew"
actor = "inventory"
key = "{shop}"
method = "restock"
arguments = { amounts = [{ ingredient = "$/what", quantity = "$/count" }] }

[[bridge.inbound]]
topic = "pizza/drivers/{driverId}/status"
actor = "driver"
key = "{driverId}"
method = "set-status"
payload = "json-or-text"
arguments = { status = "$" }
"#;

pub(crate) struct World {
    pub(crate) pizza: Pizza,
    pub(crate) dir: TempDir,
}

impl World {
    pub(crate) fn new(config: &str) -> Self {
        Self::with(config, &[])
    }

    pub(crate) fn with(config: &str, options: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self::in_dir(dir, config, options)
    }

    pub(crate) fn in_dir(dir: TempDir, config: &str, options: &[&str]) -> Self {
        let file = dir.path().join("pizza.toml");
        std::fs::write(&file, config).expect("a file");
        let pizza = start(&dir, options);
        Self { pizza, dir }
    }

    /// Killed, and started again where it was, so that clients find it.
    pub(crate) fn kill_and_restart(&mut self) {
        let at = self.mqtt().to_string();
        self.pizza.kill_and_wait();
        self.pizza = start(&self.dir, &["--mqtt", &at]);
    }

    pub(crate) fn start_again(&mut self) {
        self.pizza = start(&self.dir, &[]);
    }

    pub(crate) fn mqtt(&self) -> SocketAddr {
        self.pizza.mqtt.expect("MQTT is served")
    }

    /// Of a driver whom nobody has heard of yet: nothing.
    pub(crate) fn status(&self, driver: &str) -> Value {
        let answer = self.pizza.get(&format!("/api/drivers/{driver}/status"));
        match answer.status {
            200 => answer.json()["status"].clone(),
            404 => Value::Null,
            _ => panic!("{}", answer.text()),
        }
    }

    pub(crate) fn becomes(&self, driver: &str, status: &str) {
        until(&format!("{driver} to be {status}"), || {
            (self.status(driver) == status).then_some(())
        });
    }

    /// What the shop was ever given of something.
    pub(crate) fn supplied(&self, shop: &str, what: &str) -> u64 {
        self.pizza.supplied(shop, what)
    }

    /// The value of a line of `/metrics`; 0 where there is none.
    pub(crate) fn counted(&self, line: &str) -> f64 {
        let metrics = self.pizza.get("/metrics").text();
        let mut lines = metrics.lines();
        let value = lines.find_map(|text| text.strip_prefix(line)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().expect("a number"))
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).expect("a log")
    }

    /// Megabytes that the process has in memory.
    pub(crate) fn resident_mb(&self) -> u64 {
        let path = format!("/proc/{}/status", self.pizza.id());
        let status = std::fs::read_to_string(path).expect("a process");
        let line = status.lines().find(|line| line.starts_with("VmRSS"));
        let words = line.and_then(|line| line.split_whitespace().nth(1));
        words.and_then(|kb| kb.parse::<u64>().ok()).expect("a size") / 1024
    }
}

fn start(dir: &TempDir, options: &[&str]) -> Pizza {
    let file = dir.path().join("pizza.toml").display().to_string();
    let mut log = File::options();
    let log = log.create(true).append(true);
    let log = log.open(dir.path().join("log")).expect("a log");
    let mut all = vec!["--config", file.as_str()];
    all.extend(options);
    let data = dir.path().join("data");
    Pizza::start_logged("127.0.0.1:0", &data, &all, Stdio::from(log))
}

impl Drop for World {
    fn drop(&mut self) {
        // Whatever else a test finds out.
        if !std::thread::panicking() {
            let log = self.log();
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}
