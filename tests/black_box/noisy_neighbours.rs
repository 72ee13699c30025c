//! What a misbehaving module costs those who share the silo with it, through the front door.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::common::operator::{run, succeeded};
use crate::common::{Pizza, machine};
use serde_json::json;

const HOSTILE: &str = include_str!("../../host/guest/tests/guest/hostile.wat");
const ORDERS: usize = 200;
/// How many times as long an order may take.
const BORNE: f64 = 2.0;
/// Noise makes one round slower than another, but not each of them.
const ROUNDS: usize = 4;

fn slowest_of_a_hundred(pizza: &Pizza) -> Duration {
    let mut took: Vec<Duration> = (0..ORDERS)
        .map(|_| {
            let begun = Instant::now();
            pizza.order();
            begun.elapsed()
        })
        .collect();
    took.sort();
    took[ORDERS * 99 / 100]
}

/// Two clients call the stranger without pause while it is measured; how often it failed.
fn beside(pizza: &Pizza, method: &str, arguments: &str) -> (Duration, u64) {
    let (over, failed) = (AtomicBool::new(false), AtomicU64::new(0));
    let attack = |key: usize| {
        let path = format!("/api/actors/stranger/{key}/{method}");
        let arguments: serde_json::Value = serde_json::from_str(arguments).expect("JSON");
        while !over.load(Ordering::Relaxed) {
            let answer = pizza.post(&path, &arguments);
            assert!(answer.status >= 400, "{method}: {}", answer.text());
            failed.fetch_add(1, Ordering::Relaxed);
            // Anybody who is told to wait waits a little: this is no test of the sockets.
            if answer.status == 503 {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    };
    let p99 = std::thread::scope(|threads| {
        for key in 0..2 {
            threads.spawn(move || attack(key));
        }
        let p99 = slowest_of_a_hundred(pizza);
        over.store(true, Ordering::Relaxed);
        p99
    });
    (p99, failed.into_inner())
}

#[test]
#[allow(clippy::print_stdout, reason = "measured times")]
fn orders_take_less_than_twice_as_long_beside_a_hostile_module() {
    let _alone = machine::alone();
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let mut wasm = wat::parse_str(HOSTILE).expect("a component");
    // A custom section is a name and what it holds, both behind their lengths.
    let (name, manifest) = (b"silo:manifest", br#"{"timers": true}"#);
    wasm.extend([0, 1 + (name.len() + manifest.len()) as u8, name.len() as u8]);
    wasm.extend(name);
    wasm.extend(manifest);
    let file = data.path().join("stranger.wasm");
    std::fs::write(&file, wasm).expect("a file");
    let file = file.display().to_string();
    let push = ["module", "push", &file, "--type", "stranger", "--activate"];
    succeeded(&run(&pizza, Path::new(data.path()), &push));
    slowest_of_a_hundred(&pizza);
    for (method, arguments) in [
        ("trap", "[]"),
        ("loop", "[]"),
        ("recurse", "[0]"),
        ("allocate", "[]"),
        ("reply", "[104857600]"),
        ("effects", "[10000]"),
    ] {
        let mut rounds = Vec::new();
        while rounds.len() < ROUNDS && rounds.iter().all(|ratio| *ratio >= BORNE) {
            let alone = slowest_of_a_hundred(&pizza);
            let (together, failed) = beside(&pizza, method, arguments);
            let ratio = together.as_secs_f64() / alone.as_secs_f64();
            println!("{method}: {failed} failed; {alone:?} alone, {together:?} beside: {ratio:.2}");
            assert!(failed > 0, "{method} was never called");
            rounds.push(ratio);
        }
        let borne = rounds.iter().any(|ratio| *ratio < BORNE);
        assert!(borne, "{method}: {rounds:?}");
    }
    let answer = pizza.post("/api/actors/stranger/9/turns", &json!([]));
    assert!(
        answer.status == 200 || answer.status == 503,
        "{}",
        answer.text()
    );
}
