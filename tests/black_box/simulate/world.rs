//! A pizzeria with a broker, and commands that are played on it.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Pizza, until};
use crate::mqtt_bridge::broker::Mosquitto;

pub(crate) struct World {
    pub(crate) pizza: Pizza,
    pub(crate) mosquitto: Mosquitto,
    data: TempDir,
}

impl World {
    /// A pizza takes a second and a half.
    pub(crate) fn new() -> Self {
        Self::with("", &[])
    }

    pub(crate) fn with(more: &str, options: &[&str]) -> Self {
        Self::around(Mosquitto::start(), more, options)
    }

    /// `more` begins within `[bridge]`.
    pub(crate) fn around(mosquitto: Mosquitto, more: &str, options: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let file = data.path().join("pizza.toml");
        let text = format!("[bridge]\nbroker = \"{}\"\n{more}", mosquitto.url());
        std::fs::write(&file, text).expect("a file");
        let pizza = start(&data, options);
        Self {
            pizza,
            mosquitto,
            data,
        }
    }

    /// Stopped in peace, and started again with other options.
    pub(crate) fn reopen(self, options: &[&str]) -> Self {
        let begun = Instant::now();
        assert!(self.pizza.stop().success());
        let took = begun.elapsed();
        // Ten is what it gives those who do not end by themselves.
        assert!(took < Duration::from_secs(8), "it stopped after {took:?}");
        let pizza = start(&self.data, options);
        Self { pizza, ..self }
    }

    pub(crate) fn drivers(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["simulate", "drivers"]);
        command.args(["--mqtt", &self.mosquitto.url()]);
        command.args(arguments);
        command
    }

    pub(crate) fn customers(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["simulate", "customers"]);
        command.args(arguments);
        command
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
        command.args(words).arg("--json");
        command.args(["--to", &self.pizza.http.to_string()]);
        command.env_remove("PIZZA_TOKEN");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn status(&self, driver: &str) -> Value {
        let answer = self.pizza.get(&format!("/api/drivers/{driver}/status"));
        assert!(matches!(answer.status, 200 | 404), "{}", answer.text());
        answer.json()
    }

    pub(crate) fn until_status(&self, driver: &str, status: &str) -> Value {
        until(&format!("{driver} to be {status}"), || {
            let driver = self.status(driver);
            (driver["status"] == status).then_some(driver)
        })
    }

    pub(crate) fn order_status(&self, order: &str) -> String {
        let answer = self.pizza.get(&format!("/api/orders/{order}"));
        let order = answer.json();
        order["status"].as_str().expect("a status").to_owned()
    }
}

fn start(data: &TempDir, options: &[&str]) -> Pizza {
    let config = data.path().join("pizza.toml").display().to_string();
    let mut all = vec!["--speed", "480", "--config", &config];
    all.extend(options);
    Pizza::start(data.path(), &all)
}

/// What it printed, which must be JSON.
pub(crate) fn report(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{errors}{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// As with Ctrl-C.
pub(crate) fn interrupt(child: &Child) {
    signal(child, "-INT");
}

pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([name, &pid]).status();
    assert!(sent.expect("kill runs").success());
}
