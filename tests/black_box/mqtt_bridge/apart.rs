//! Bridges in processes of their own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::now_ms;
use crate::common::{Pizza, until};
use crate::mqtt_bridge::broker::Mosquitto;
use crate::mqtt_bridge::world::place;

pub(crate) struct Apart {
    child: Child,
    metrics: String,
}

impl Apart {
    /// Open when it returns.
    pub(crate) fn start(pizza: &Pizza, data: &TempDir, broker: &str, id: &str) -> Self {
        Self::start_at(pizza, data.path(), data.path(), broker, id)
    }

    /// The same, where the configuration is not in the data directory.
    pub(crate) fn start_at(
        pizza: &Pizza,
        data: &Path,
        config: &Path,
        broker: &str,
        id: &str,
    ) -> Self {
        let config = config.join("pizza.toml");
        let mut child = Command::new(env!("CARGO_BIN_EXE_pizza"))
            .args(["bridge", "--metrics", "127.0.0.1:0"])
            .args(["--broker", broker, "--client-id", id])
            .args(["--silo", &pizza.admin.to_string(), "--data"])
            .arg(data)
            .arg("--config")
            .arg(config)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let mut metrics = lines.filter_map(|line| {
            let (_, url) = line.split_once("metrics http://")?;
            Some(url.trim_end_matches("/metrics").to_owned())
        });
        let metrics = metrics.next().expect("an address of its metrics");
        Self { child, metrics }
    }

    /// Messages that it has handled.
    pub(crate) fn handled(&self) -> u64 {
        self.counted("pizza_bridge_messages_total")
    }

    /// Events that it has published.
    pub(crate) fn published(&self) -> u64 {
        self.counted("pizza_bridge_published_total")
    }

    fn counted(&self, name: &str) -> u64 {
        let address = self.metrics.parse().expect("an address");
        let text = crate::common::request(address, "GET", "/metrics", &[], None).text();
        let counts = text.lines().filter_map(|line| {
            let line = line.strip_prefix(name)?;
            line.rsplit(' ').next()?.parse::<u64>().ok()
        });
        counts.sum()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.expect("kill runs").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A pizzeria without a bridge of its own, and what bridges beside it are told.
pub(crate) fn pizzeria(bridge: &str) -> (Pizza, TempDir) {
    let data = tempfile::tempdir().expect("a directory");
    fs::write(
        data.path().join("pizza.toml"),
        format!("speed = 600\n[bridge]\n{bridge}"),
    )
    .expect("a file");
    (Pizza::start(data.path(), &[]), data)
}

fn driver(pizza: &Pizza, driver: &str) -> Value {
    pizza.get(&format!("/api/drivers/{driver}/status")).json()
}

#[test]
fn a_bridge_apart_carries_both_ways_and_survives_its_silo_and_itself() {
    let mosquitto = Mosquitto::start();
    let (mut pizza, data) = pizzeria("");
    let mut bridge = Apart::start(&pizza, &data, &mosquitto.url(), "apart");
    mosquitto.retain("pizza/drivers/d-1/status", "available");
    until("the status", || {
        (driver(&pizza, "d-1")["status"] == "available").then_some(())
    });
    let order = pizza.order();
    let topic = format!("pizza/orders/{order}/events");
    let seen = mosquitto.until(&topic, |event| event["status"] == "ready");
    assert_eq!(
        seen.last().expect("an event")["orderId"],
        Value::from(order)
    );

    // The bridge dies; what comes meanwhile is the broker's, and reaches the actor after it.
    bridge.kill();
    mosquitto.publish("pizza/drivers/d-1/location", &place(41.25, now_ms()));
    assert_ne!(driver(&pizza, "d-1")["location"]["lat"], 41.25);
    let bridge = Apart::start(&pizza, &data, &mosquitto.url(), "apart");
    until("the position", || {
        (driver(&pizza, "d-1")["location"]["lat"] == 41.25).then_some(())
    });

    // The silo dies; the bridge keeps what comes until it is back, at the same address.
    let admin = pizza.admin.to_string();
    pizza.kill_and_wait();
    mosquitto.publish("pizza/drivers/d-1/location", &place(41.5, now_ms()));
    let pizza = Pizza::start(data.path(), &["--admin", &admin]);
    until("the position", || {
        (driver(&pizza, "d-1")["location"]["lat"] == 41.5).then_some(())
    });
    let order = pizza.order();
    let topic = format!("pizza/orders/{order}/events");
    mosquitto.until(&topic, |event| event["status"] == "ready");
    bridge.stop();
}

#[test]
fn bridges_of_one_group_divide_the_messages() {
    const MESSAGES: u64 = 200;
    let mosquitto = Mosquitto::start();
    let (pizza, data) = pizzeria("share = \"bridges\"\n");
    let bridges = ["one", "two"].map(|id| Apart::start(&pizza, &data, &mosquitto.url(), id));
    // Until both have subscribed, the other one gets everything.
    let mut sent = 0;
    until("both to have a part", || {
        mosquitto.publish("pizza/drivers/d-0/status", b"available");
        sent += 1;
        bridges.iter().all(|b| b.handled() > 0).then_some(())
    });
    for number in 0..MESSAGES {
        let topic = format!("pizza/drivers/d-{number}/location");
        mosquitto.publish(&topic, &place(41.25, now_ms()));
    }
    let handled = || bridges.iter().map(Apart::handled).sum::<u64>();
    until("all to be handled", || {
        (handled() >= MESSAGES + sent).then_some(())
    });
    // Each message was one bridge's, and both had their part.
    assert_eq!(handled(), MESSAGES + sent);
    for bridge in &bridges {
        assert!(bridge.handled() > MESSAGES / 4, "{}", bridge.handled());
    }
    for number in 0..MESSAGES {
        let driver = driver(&pizza, &format!("d-{number}"));
        assert_eq!(driver["location"]["lat"], 41.25, "{number}: {driver}");
    }
}

#[test]
fn a_bridge_that_is_not_let_in_says_so() {
    let (pizza, data) = pizzeria("");
    let output = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(["bridge", "--broker", "mqtt://localhost:1", "--data"])
        .arg(data.path())
        .args(["--silo", &pizza.admin.to_string()])
        .env("PIZZA_ADMIN_TOKEN", "0123456789abcdef0123456789abcdef")
        .output()
        .expect("the binary runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        told.contains("401") && told.contains("--admin-token"),
        "{told}"
    );
}

#[test]
fn a_question_that_is_not_understood_is_refused_and_harms_nobody() {
    let (pizza, data) = pizzeria("");
    let token = fs::read_to_string(data.path().join("admin-token")).expect("a token");
    let authorization = format!("Bearer {}", token.trim());
    let named = ("authorization", authorization.as_str());
    let ask = |headers: &[(&str, &str)], body: &[u8]| {
        crate::common::request(pizza.admin, "POST", "/edge/v2", headers, Some(body))
    };
    // A map of one entry whose length is said to be four billion, and less strange ones.
    let deep = [0x91_u8; 100_000];
    for body in [&b"\xdf\xff\xff\xff\xff"[..], b"", b"{}", &[0xff; 64], &deep] {
        let answer = ask(&[named], body);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains("malformed"), "{}", answer.text());
    }
    assert_eq!(ask(&[], b"").status, 401);
    assert_eq!(ask(&[named], &vec![0; 2 << 20]).status, 413);
    pizza.order();
}
