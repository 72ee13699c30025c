//! A pizzeria with a broker beside it.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{Pizza, until};
use crate::mqtt_bridge::broker::Mosquitto;

pub(crate) struct World {
    pub(crate) pizza: Pizza,
    pub(crate) mosquitto: Mosquitto,
    data: TempDir,
    config: String,
}

impl World {
    pub(crate) fn new(more: &str) -> Self {
        Self::around(Mosquitto::start(), more)
    }

    pub(crate) fn around(mosquitto: Mosquitto, more: &str) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let text = format!(
            "speed = 600\n[bridge]\nbroker = \"{}\"\n{more}",
            mosquitto.url()
        );
        let file = data.path().join("pizza.toml");
        std::fs::write(&file, text).expect("a file");
        let config = file.display().to_string();
        // Comes to anybody who subscribes, so its effect shows that the bridge has.
        mosquitto.retain("pizza/drivers/first/status", "available");
        let pizza = start(data.path(), &config);
        let world = Self {
            pizza,
            mosquitto,
            data,
            config,
        };
        until("the subscription", || {
            (world.status("first")["status"] == "available").then_some(())
        });
        world
    }

    pub(crate) fn restart(&mut self) {
        self.pizza.kill_and_wait();
        self.pizza = start(self.data.path(), &self.config);
    }

    /// Of a driver whom nobody has heard of yet: the problem.
    pub(crate) fn status(&self, driver: &str) -> Value {
        let answer = self.pizza.get(&format!("/api/drivers/{driver}/status"));
        assert!(matches!(answer.status, 200 | 404), "{}", answer.text());
        answer.json()
    }
}

fn start(data: &Path, config: &str) -> Pizza {
    Pizza::start(data, &["--config", config])
}

pub(crate) fn place(lat: f64, at_ms: u64) -> Vec<u8> {
    let place = json!({"lat": lat, "lon": 12.5, "timestamp": at_ms, "accuracy": 5});
    place.to_string().into_bytes()
}
