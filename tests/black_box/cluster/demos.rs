//! Demos that start a cluster of their own, do something to it, and tell what came of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::{machine, until};

/// The longest that the orders of a killed silo may be away, as the demo promises by itself.
const AWAY_MAX_MS: f64 = 5_000.0;
/// A death is seen after 900 ms; what was answered sooner than this was never away.
const AWAY_MIN_MS: f64 = 300.0;

/// A demo that ends by itself and well, with what it has printed.
fn played(words: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .arg("demo")
        .args(words)
        .arg("--json")
        .output()
        .expect("the program runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {told}", output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

#[track_caller]
fn number(of: &Value) -> f64 {
    of.as_f64().unwrap_or_else(|| panic!("{of} is a number"))
}

#[test]
fn the_demo_of_a_failover_kills_a_silo_and_says_that_nothing_is_lost() {
    let _few = machine::with_few();
    let account = played(&["failover", "--orders", "60", "--speed", "1200"]);
    let kill = &account["kills"][0];
    assert!(number(&kill["ordersOfIt"]) >= 1.0, "{account}");
    let away = &kill["awayMs"];
    let away = ["first", "p50", "p99", "max"].map(|name| number(&away[name]));
    assert!(away.is_sorted() && away[3] <= AWAY_MAX_MS, "{account}");
    assert!(away[3] >= AWAY_MIN_MS, "nobody was away: {account}");
    assert!(number(&kill["othersMs"]["reads"]) >= 1.0, "{account}");
    assert!(number(&kill["ordering"]["placed"]) >= 1.0, "{account}");
    assert!(number(&kill["moves"]["inMemory"]) >= 1.0, "{account}");
    assert!(number(&account["acknowledged"]) >= 60.0, "{account}");
    assert_eq!(
        (&account["lost"], &account["refused"]),
        (&0.into(), &0.into())
    );
    assert_eq!(account["kept"], true, "{account}");
}

/// Processes that run in this directory or below.
fn running_in(dir: &Path) -> usize {
    let processes = std::fs::read_dir("/proc").expect("processes");
    let cwds = processes
        .flatten()
        .map(|process| std::fs::read_link(process.path().join("cwd")));
    cwds.flatten().filter(|cwd| cwd.starts_with(dir)).count()
}

#[test]
fn a_demo_that_is_interrupted_leaves_no_process_behind() {
    let _few = machine::with_few();
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().canonicalize().expect("a path");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(["demo", "failover", "--dir"])
        .arg(&path)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let lines = BufReader::new(demo.stderr.take().expect("it is piped")).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(
        lines.any(|line| line.contains("orders a second")),
        "customers order"
    );
    assert!(running_in(&path) >= 5, "Redis, three silos and a gateway");
    let pid = demo.id().to_string();
    let asked = Command::new("kill").args(["-INT", &pid]).status();
    assert!(asked.expect("kill runs").success());
    // It is read to the end, or it would wait for its reader.
    let rest: Vec<String> = lines.collect();
    let ended = demo.wait().expect("it ends");
    assert!(
        !ended.success(),
        "nothing was shown, and it does not say so: {rest:?}"
    );
    until("all processes to end", || {
        (running_in(&path) == 0).then_some(())
    });
}

#[test]
fn the_demo_of_growth_tells_of_each_silo_that_is_added() {
    let _few = machine::with_few();
    let shown = played(&[
        "stress",
        "--silos",
        "2",
        "--step",
        "3",
        "--kitchens",
        "4",
        "--at-once",
        "8",
    ]);
    let spans = shown["spans"].as_array().expect("spans");
    let steps: Vec<_> = spans
        .iter()
        .map(|span| (&span["silos"], &span["joining"]))
        .collect();
    let of = |silos: u64, joining: bool| (Value::from(silos), Value::from(joining));
    let expected = [of(1, false), of(2, true), of(2, false)];
    assert!(
        steps
            .into_iter()
            .eq(expected.iter().map(|(silos, joining)| (silos, joining))),
        "{shown}"
    );
    for span in spans {
        assert!(number(&span["orders"]) >= 1.0, "{shown}");
        assert!(number(&span["latencyMs"]["p99"]) > 0.0, "{shown}");
        for whose in ["silos", "gateway", "redis", "generator"] {
            assert!(
                number(&span["cpuUsAnOrder"][whose]) > 0.0,
                "{whose}: {shown}"
            );
        }
    }
    assert!(number(&shown["cores"]) >= 1.0, "{shown}");
}

#[test]
fn the_demo_of_regions_loses_one_and_no_order() {
    let _few = machine::with_few();
    let account = played(&[
        "regions", "--orders", "3", "--silos", "1", "--speed", "1200", "--sea", "40,90,70",
    ]);
    let pairs = account["pairs"].as_array().expect("pairs");
    assert_eq!(pairs.len(), 9, "{account}");
    for pair in pairs {
        let sea = match (pair["customer"].as_str(), pair["restaurant"].as_str()) {
            (Some("Europe"), Some("America")) | (Some("America"), Some("Europe")) => 40.0,
            (Some("Europe"), Some("Asia")) | (Some("Asia"), Some("Europe")) => 90.0,
            (Some("America"), Some("Asia")) | (Some("Asia"), Some("America")) => 70.0,
            _ => 0.0,
        };
        // Nobody hears of another region sooner than it is far.
        assert!(number(&pair["readsMs"]["p50"]) >= sea, "{pair}");
        assert!(number(&pair["ordersMs"]["p50"]) >= sea, "{pair}");
    }
    let outage = &account["outage"];
    assert_eq!(outage["missing"], serde_json::json!(["us"]), "{account}");
    assert_eq!(number(&outage["ordersElsewhere"]), 6.0, "{account}");
    assert!(number(&outage["parked"]) >= 1.0, "{account}");
    assert!(number(&account["acknowledged"]) >= 36.0, "{account}");
    assert_eq!(account["lost"], 0, "{account}");
    assert_eq!(account["kept"], true, "{account}");
}
