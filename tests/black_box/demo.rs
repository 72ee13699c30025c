//! The demo's scenes, played by the real command on a real pizzeria.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::common::{Pizza, until};
use crate::mqtt_bridge::broker::Mosquitto;
use serde_json::{Value, json};

/// A pizza takes a second and a half.
const FAST: &[&str] = &["--speed", "480"];

/// A pizzeria that listens to a broker.
fn with_broker(data: &Path) -> (Pizza, Mosquitto) {
    let mosquitto = Mosquitto::start();
    let file = data.join("pizza.toml");
    let text = format!("[bridge]\nbroker = \"{}\"\n", mosquitto.url());
    std::fs::write(&file, text).expect("a file");
    let config = file.display().to_string();
    let pizza = Pizza::start(data, &["--speed", "480", "--config", &config]);
    (pizza, mosquitto)
}

fn demo(pizza: &Pizza, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
    command.arg("demo").args(arguments);
    command.args(["--to", &pizza.http.to_string()]);
    command.env_remove("PIZZA_TOKEN");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// Every line of its output, which must be JSON.
fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", said(output));
    let text = String::from_utf8_lossy(&output.stdout);
    let parsed = text.lines().map(serde_json::from_str);
    parsed
        .collect::<Result<_, _>>()
        .expect("JSON, line by line")
}

#[track_caller]
fn nothing_is_lost(report: &Value, orders: u64) {
    assert_eq!(report["lost"], 0, "{report}");
    assert_eq!(report["refused"], 0, "{report}");
    assert_eq!(report["orders"]["acknowledged"], orders, "{report}");
    assert_eq!(
        report["orders"]["byState"],
        json!({"delivered": orders}),
        "{report}"
    );
    assert_eq!(report["stock"]["conserved"], true, "{report}");
    for latency in ["creation", "createdToReady", "createdToDelivered"] {
        let ms = |name: &str| {
            report["latencyMs"][latency][name]
                .as_f64()
                .expect("a number")
        };
        assert!(
            0.0 < ms("p50") && ms("p50") <= ms("p99"),
            "{latency}: {report}"
        );
        assert!(ms("p99") <= ms("max"), "{latency}: {report}");
    }
}

#[test]
fn one_order_goes_the_happy_path() {
    let data = tempfile::tempdir().expect("a directory");
    let (pizza, mosquitto) = with_broker(data.path());
    let url = mosquitto.url();
    let arguments = ["happy-path", "--ride-ms", "1000", "--mqtt", &url];
    let output = demo(&pizza, &arguments).arg("--json").output();
    let mut lines = lines(&output.expect("it runs"));
    let report = lines.pop().expect("a report");
    nothing_is_lost(&report, 1);
    assert_eq!(lines[0]["event"], "ordered");
    let statuses: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "status")
        .map(|line| line["data"]["status"].as_str().expect("a status"))
        .collect();
    let course = [
        "created",
        "preparing",
        "baking",
        "ready",
        "outForDelivery",
        "delivered",
    ];
    assert_eq!(statuses, course);
    let seen = |kind: &str| lines.iter().any(|line| line["event"] == kind);
    assert!(seen("driver") && seen("eta"), "{lines:?}");
    let count = |name: &str| report[name].as_u64().expect("a number");
    let (told, seen) = (count("positions"), count("positionsSeen"));
    assert!((5..=told).contains(&seen), "{report}");
    let seconds = report["seconds"].as_f64().expect("a number");
    assert!(seconds < 60.0, "{report}");

    // Once more, for people, and in the same town.
    let output = demo(&pizza, &arguments).output().expect("it runs");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    for expected in [
        "outForDelivery",
        "1 delivered",
        "conserved",
        "created to ready",
        "p99",
        "over MQTT; the customer saw the driver move",
    ] {
        assert!(said.contains(expected), "no {expected:?} in {said}");
    }
}

#[test]
fn a_broker_that_is_not_there_is_told_of() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), FAST);
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = nobody.local_addr().expect("an address");
    drop(nobody);
    let url = format!("mqtt://{address}");
    let output = demo(&pizza, &["happy-path", "--mqtt", &url]).output();
    let output = output.expect("it runs");
    assert!(!output.status.success(), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains(&url) && said.contains("--mqtt"), "{said}");
    let set_up = pizza.get("/api/restaurants/happy-path-1");
    assert_eq!(set_up.status, 404, "{}", set_up.text());
}

#[test]
fn what_does_not_add_up_is_told() {
    let data = tempfile::tempdir().expect("a directory");
    let (pizza, mosquitto) = with_broker(data.path());
    let url = mosquitto.url();
    let arguments = ["happy-path", "--ride-ms", "3000", "--mqtt", &url];
    let command = demo(&pizza, &arguments).spawn();
    let command = command.expect("it starts");
    let metrics = "/api/restaurants/happy-path-1/metrics";
    until("somebody to order", || {
        let metrics = pizza.get(metrics);
        (metrics.status == 200 && metrics.json()["lastDay"]["orders"] == 1).then_some(())
    });
    let more = json!({"amounts": [{"ingredient": "dough", "quantity": 1}]});
    let restocked = pizza.put("/api/inventory/happy-path-1/stock", &more);
    assert_eq!(restocked.status, 200, "{}", restocked.text());
    let output = command.wait_with_output().expect("it ends");
    assert!(!output.status.success(), "{}", said(&output));
    let said = said(&output);
    assert!(
        said.contains("dough of happy-path-1 was restocked"),
        "{said}"
    );
}

#[test]
fn nobody_is_waited_for_without_end() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), FAST);
    let mut late = demo(&pizza, &["stress", "--patience", "1"]);
    assert!(pizza.stop().success());
    let output = late.output().expect("it runs");
    assert!(!output.status.success());
    assert!(
        said(&output).contains("nobody answers"),
        "{}",
        said(&output)
    );
}

#[test]
fn many_orders_at_many_restaurants_all_arrive() {
    let data = tempfile::tempdir().expect("a directory");
    let (pizza, mosquitto) = with_broker(data.path());
    let mut stress = demo(&pizza, STRESS);
    let output = stress.args(["--mqtt", &mosquitto.url()]).output();
    let output = output.expect("it runs");
    let report = lines(&output).pop().expect("a report");
    nothing_is_lost(&report, 200);
    assert_eq!(report["drivers"], 20, "{report}");
}

const STRESS: &[&str] = &[
    "stress",
    "--orders",
    "200",
    "--kitchens",
    "5",
    "--drivers",
    "20",
    "--ride-ms",
    "200",
    "--json",
];

/// How many orders of the first restaurant are in this state or beyond.
fn delivered(pizza: &Pizza) -> Option<u64> {
    let metrics = pizza.get("/api/restaurants/stress-1/metrics");
    (metrics.status == 200).then(|| metrics.json()["lastDay"]["delivered"].as_u64())?
}

/// Kills the pizzeria as soon as this holds, and opens it again at the same place.
fn kill_when(
    what: &str,
    pizza: Pizza,
    data: &Path,
    holds: impl Fn(&Pizza) -> bool,
    demo: &mut Child,
) -> Pizza {
    until(what, || holds(&pizza).then_some(()));
    assert!(
        demo.try_wait().expect("a child").is_none(),
        "it is over before {what}"
    );
    let address = pizza.http.to_string();
    pizza.kill_now();
    drop(pizza);
    Pizza::start_at(&address, data, FAST)
}

#[test]
fn nothing_is_lost_when_the_pizzeria_is_killed_in_the_middle() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), FAST);
    let mut command = demo(&pizza, STRESS).spawn().expect("it starts");
    let ordered = |pizza: &Pizza| {
        let orders = pizza.get("/api/restaurants/stress-1/orders");
        orders.status == 200
            && orders.json()["orders"]
                .as_array()
                .is_some_and(|o| o.len() > 5)
    };
    let pizza = kill_when(
        "the first orders",
        pizza,
        data.path(),
        ordered,
        &mut command,
    );
    let some = |pizza: &Pizza| delivered(pizza).is_some_and(|count| count >= 5);
    let _pizza = kill_when(
        "the first deliveries",
        pizza,
        data.path(),
        some,
        &mut command,
    );
    let output = command.wait_with_output().expect("it ends");
    let report = lines(&output).pop().expect("a report");
    nothing_is_lost(&report, 200);
    assert!(
        report["repeated"].as_u64() > Some(0),
        "it was never in the way: {report}"
    );
}
