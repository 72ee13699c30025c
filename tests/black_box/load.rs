//! `pizza bench`, by the real command on a real pizzeria: it finds each order that it was promised,
//! and says when something is missing.

use std::process::{Command, Output};

use serde_json::Value;

use crate::common::Pizza;

fn bench(pizza: &Pizza, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
    command.arg("bench").args(arguments);
    command.args(["--to", &pizza.http.to_string()]);
    command.env_remove("PIZZA_TOKEN");
    command.output().expect("it runs")
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    let (out, err) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    format!("{out}{err}")
}

fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{}", said(output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[track_caller]
fn number(of: &Value, pointer: &str) -> f64 {
    let value = of.pointer(pointer).and_then(Value::as_f64);
    value.unwrap_or_else(|| panic!("no number at {pointer} of {of}"))
}

/// Machines that test are slower than those that are measured.
const ORDERS: &[&str] = &[
    "orders",
    "--connections",
    "8",
    "--restaurants",
    "5",
    "--seconds",
    "2",
    "--warm-up",
    "1",
    "--lag-max",
    "60000",
];

#[test]
fn orders_are_counted_once_they_are_in_their_kitchen_and_their_restaurant() {
    let data = tempfile::tempdir().expect("a directory");
    // A pizza takes three seconds: some are done before the run is over, and count all the same.
    let pizza = Pizza::start(data.path(), &["--speed", "240"]);
    // The second run begins with what the first one has left.
    for _ in 0..2 {
        let report = report(&bench(&pizza, &[ORDERS, &["--json"]].concat()));
        let promised = number(&report, "/promised");
        let created = number(&report, "/created");
        assert!(0.0 < created && created <= promised, "{report}");
        assert_eq!(number(&report, "/failed"), 0.0, "{report}");
        assert_eq!(number(&report, "/lost"), 0.0, "{report}");
        assert_eq!(number(&report, "/readBack"), created, "{report}");
        for place in ["/inRestaurants", "/inKitchens"] {
            let of = |name: &str| number(&report, &format!("{place}/{name}"));
            assert_eq!(of("orders"), promised, "{report}");
            assert!(of("behind") <= promised, "{report}");
            assert!(of("behindMs") > 0.0, "{report}");
            assert!(of("lagMs/max") > 0.0, "{report}");
        }
        for cpu in ["/serverCpuUsPerOrder", "/generatorCpuUsPerOrder"] {
            assert!(number(&report, cpu) > 0.0, "{report}");
        }
    }
    // For people, and with a lag that nothing keeps.
    let hasty: Vec<&str> = ORDERS
        .iter()
        .map(|a| if *a == "60000" { "0" } else { *a })
        .collect();
    let output = bench(&pizza, &hasty);
    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    for expected in ["orders/s", "  kitchens", "behind", "--lag-max"] {
        assert!(said.contains(expected), "no {expected:?} in {said}");
    }
}

#[test]
fn actors_are_created_read_and_changed_beside_a_bare_server() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let short = [
        "actor",
        "--connections",
        "8",
        "--seconds",
        "1",
        "--warm-up",
        "0",
        "--keys",
        "50",
    ];
    let output = bench(&pizza, &[&short[..], &["--beside-axum", "--json"]].concat());
    let report = report(&output);
    assert_eq!(report["type"], "supplier", "{report}");
    assert!(number(&report, "/created") > 0.0, "{report}");
    assert_eq!(number(&report, "/lost"), 0.0, "{report}");
    let phases = report["phases"].as_array().expect("a list");
    let names: Vec<_> = phases.iter().map(|phase| phase["name"].as_str()).collect();
    let all = ["create", "read", "change", "one hot key"].map(Some);
    assert_eq!(names, all, "{report}");
    for phase in phases {
        for measured in [phase, &phase["axum"]] {
            assert!(number(measured, "/perSecond") > 0.0, "{report}");
            assert_eq!(number(measured, "/failed"), 0.0, "{report}");
            let (p50, p99) = ("/latencyMs/p50", "/latencyMs/p99");
            assert!(number(measured, p50) <= number(measured, p99), "{report}");
            assert!(number(measured, "/serverCpuUs") > 0.0, "{report}");
            assert!(number(measured, "/generatorCpuUs") > 0.0, "{report}");
        }
        assert!(number(phase, "/shareOfAxum") > 0.0, "{report}");
    }
    // One of another type, for people.
    let driver = ["--type", "driver", "--create", "set-status"];
    let with = ["--create-with", r#"{"status":"available"}"#];
    let output = bench(&pizza, &[&short[..], &driver, &with].concat());
    let shown = said(&output);
    assert!(output.status.success(), "{shown}");
    for expected in ["driver, 8 connections", "one hot key", "0 lost"] {
        assert!(shown.contains(expected), "no {expected:?} in {shown}");
    }
    // What cannot be measured is told before anything is.
    let output = bench(&pizza, &["actor", "--type", "driver"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("--create"), "{}", said(&output));
    let wrong = ["actor", "--read", "no-such-query"];
    let output = bench(&pizza, &wrong);
    assert!(!output.status.success());
    let shown = said(&output);
    assert!(shown.contains("supplier.no-such-query answers"), "{shown}");
}
