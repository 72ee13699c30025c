//! `pizza bench`, by the real command on a real pizzeria: it finds each order that it was promised,
//! and says when something is missing.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Pizza, machine, until};

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
        // Nobody drives here, so that none of them has ended.
        let open = number(&report, "/open") - number(&report, "/openBefore");
        let known = promised - number(&report, "/inRestaurants/behind");
        assert!(known <= open && open <= promised, "{report}");
        let by = |status: &str| number(&report, &format!("/openByStatus/{status}"));
        assert!(
            by("preparing") + by("baking") + by("ready") > 0.0,
            "{report}"
        );
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
    for expected in [
        "orders/s",
        "  kitchens",
        "behind",
        "not ended when",
        "--lag-max",
    ] {
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

#[test]
fn an_open_loop_that_is_too_fast_ends_and_says_so() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let begun = Instant::now();
    let too_fast = ["--rate", "200000"];
    let output = bench(&pizza, &[ORDERS, &too_fast[..], &["--json"]].concat());
    // Three seconds of load, ten for what is late, and the end of a busy machine.
    assert!(begun.elapsed() < Duration::from_secs(160));
    let shown = said(&output);
    assert!(!output.status.success(), "{shown}");
    for expected in ["were not even sent", "open loop at 200000/s"] {
        assert!(shown.contains(expected), "no {expected:?} in {shown}");
    }
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let promised = number(&report, "/promised");
    assert!(number(&report, "/unsent") > 0.0, "{report}");
    // Three seconds at this rate, each of them either acknowledged or told of.
    let all = promised + number(&report, "/unsure") + number(&report, "/unsent");
    assert_eq!(all, 600_000.0, "{report}");
    assert!(
        number(&report, "/lastAnswerSecondsBehind") > 9.0,
        "{report}"
    );
    assert_eq!(number(&report, "/inKitchens/orders"), promised, "{report}");
}

#[test]
fn many_actors_are_counted_in_memory_and_read_at_random() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let pid = pizza.id().to_string();
    let small = [
        "many-actors",
        "--connections",
        "8",
        "--actors",
        "1000",
        "--few",
        "100",
        "--seconds",
        "1",
        "--warm-up",
        "0",
    ];
    let report = report(&bench(
        &pizza,
        &[&small[..], &["--json", "--pid", &pid]].concat(),
    ));
    assert_eq!(number(&report, "/created"), 1_000.0, "{report}");
    let tenths = report["tenths"].as_array().expect("a list");
    let created: f64 = tenths.iter().map(|tenth| number(tenth, "/created")).sum();
    assert_eq!((tenths.len(), created), (10, 900.0), "{report}");
    for tenth in tenths {
        assert_eq!(number(tenth, "/created"), 90.0, "{report}");
        assert!(number(tenth, "/perSecond") > 0.0, "{report}");
    }
    // Nobody else makes any, and none of them has been idle for minutes.
    let active = |when: &str| number(&report, &format!("/active{when}"));
    assert_eq!(active("After") - active("Before"), 900.0, "{report}");
    assert!(active("AfterReads") >= 1_000.0, "{report}");
    let resident = |when: &str| number(&report, &format!("/resident{when}"));
    assert!(resident("Before") > 10e6, "{report}");
    assert!(resident("Most") >= resident("After"), "{report}");
    let reads = report["reads"].as_array().expect("a list");
    let of: Vec<_> = reads.iter().map(|reads| reads["of"].as_str()).collect();
    let all = ["the few alone", "all", "the few beside all"].map(Some);
    assert_eq!(of, all, "{report}");
    for reads in reads {
        assert!(number(reads, "/perSecond") > 0.0, "{report}");
    }
    assert!(number(&report, "/shareOfFewBefore") > 0.0, "{report}");
    assert_eq!(number(&report, "/readBack"), 1_000.0, "{report}");
    assert_eq!(number(&report, "/lost"), 0.0, "{report}");
    // For people; without the process it is the server that says what its memory is.
    let output = bench(&pizza, &[&small[..], &["--sample", "10"]].concat());
    let shown = said(&output);
    assert!(output.status.success(), "{shown}");
    for expected in ["of the 900 others", "bytes each", "by tenths", "lost 0"] {
        assert!(shown.contains(expected), "no {expected:?} in {shown}");
    }
    let output = bench(&pizza, &["many-actors", "--actors", "100"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("--few 1000"), "{}", said(&output));
}

#[test]
fn many_actors_end_with_their_server() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let (to, pid) = (pizza.http.to_string(), pizza.id().to_string());
    let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
    command.args(["bench", "many-actors", "--to", &to, "--pid", &pid]);
    command.args(["--seconds", "1", "--warm-up", "0", "--few", "10"]);
    let running = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let running = running.expect("it runs");
    until("actors to be created", || {
        let metrics = pizza.get("/metrics").text();
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("pizza_actors_in_memory "));
        let count: u64 = line.expect("a gauge").parse().expect("a number");
        (count > 200).then_some(())
    });
    pizza.kill();
    let output = running.wait_with_output().expect("it ends");
    assert!(!output.status.success(), "{}", said(&output));
    assert!(output.stdout.is_empty(), "{}", said(&output));
}

/// A server of its own on this directory, with more of what it is told.
fn start_bench(data: &Path, options: &[&str], of_server: &[&str]) -> Output {
    let _machine = machine::share();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
    command.args(["bench", "start", "--seconds", "1", "--connections", "4"]);
    command.arg("--data").arg(data).args(options);
    command.arg("--").args(of_server);
    command.output().expect("it runs")
}

#[test]
fn starts_are_measured_after_stops_and_kills_and_nothing_is_lost() {
    let data = tempfile::tempdir().expect("a directory");
    let data = data.path().join("data");
    let options = ["--actors", "300", "--repeat", "2"];
    let report = report(&start_bench(
        &data,
        &[&options[..], &["--json"]].concat(),
        &[],
    ));
    assert_eq!(number(&report, "/actors"), 300.0, "{report}");
    assert_eq!(number(&report, "/lost"), 0.0, "{report}");
    let of_kills = report["acknowledgedBeforeKill"].as_array().expect("a list");
    let of_kills = of_kills
        .iter()
        .map(|count| count.as_f64().expect("a number"));
    let acknowledged: Vec<f64> = of_kills.collect();
    assert!(acknowledged.iter().all(|count| *count > 0.0), "{report}");
    let in_the_end = 300.0 + acknowledged.iter().sum::<f64>();
    assert_eq!(number(&report, "/actorsInTheEnd"), in_the_end, "{report}");
    for starts in ["/afterStop", "/afterKill"] {
        let at = |name: &str| format!("{starts}/{name}");
        let each = report.pointer(&at("readyMs")).and_then(Value::as_array);
        let each = each
            .expect("a list")
            .iter()
            .map(|ms| ms.as_f64().expect("a number"));
        let each: Vec<f64> = each.collect();
        assert_eq!(each.len(), 2, "{report}");
        let median = number(&report, &at("readyMsMedian"));
        assert!(each.iter().any(|ms| 0.0 < *ms && *ms <= median), "{report}");
        assert!(each.iter().any(|ms| *ms >= median), "{report}");
        assert!(
            number(&report, &at("residentIdleMedian")) > 10e6,
            "{report}"
        );
    }
    // Those of before are there, and for people.
    let output = start_bench(&data, &["--actors", "300", "--repeat", "1"], &[]);
    let shown = said(&output);
    assert!(output.status.success(), "{shown}");
    for expected in ["300 actors on disk", "after a kill", "when idle", "lost 0"] {
        assert!(shown.contains(expected), "no {expected:?} in {shown}");
    }
}

/// The planted mistake: a store that keeps nothing.
#[test]
fn starts_on_a_store_that_keeps_nothing_are_found_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = dir.path().join("pizza.toml");
    std::fs::write(&config, "[silo.store]\ndurability = \"memory\"\n").expect("a file");
    let config = config.display().to_string();
    let options = ["--actors", "50", "--repeat", "1"];
    let output = start_bench(&dir.path().join("data"), &options, &["--config", &config]);
    let shown = said(&output);
    assert!(!output.status.success(), "{shown}");
    assert!(shown.contains("were not there after a start"), "{shown}");
    // What does not start at all says so.
    let output = start_bench(&dir.path().join("data"), &options, &["--no-such-option"]);
    let shown = said(&output);
    assert!(!output.status.success(), "{shown}");
    assert!(shown.contains("it ended before it was ready"), "{shown}");
}
