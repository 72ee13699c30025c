//! Silos that share a Redis server: whom one asks does not matter, and an order goes on when its silo
//! dies.

mod busy;
mod chaos;
mod clocks;
mod demos;
mod edge_token;
mod kills;
mod lags;
mod limits;
mod many_silos;
mod modules;
mod older_store;
mod operators;
mod placement;
mod probes;
mod process;
mod processes;
pub(crate) mod redis;
mod redis_cluster;
mod relay;
mod reminders;
mod replicas;
mod screens;
mod sessions;
mod stopped;
mod tls;
mod two_versions;
mod without;

use std::process::Command;
use std::time::{Duration, Instant};

use self::redis::Redis;
use crate::common::{Pizza, operator, until};

/// How long nobody may answer for the actors of a silo that was killed. A death is seen within 1.25
/// seconds; tests share two cores with each other.
const AWAY_MAX: Duration = Duration::from_secs(5);

fn is_ready(pizza: &Pizza, order: &str) -> Option<()> {
    let answer = pizza.get(&format!("/api/orders/{order}"));
    assert_eq!(answer.status, 200, "{order} is lost: {}", answer.text());
    (answer.json()["status"] == "ready").then_some(())
}

#[test]
fn orders_go_on_when_a_silo_dies_and_a_new_one_knows_them() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let (one, two) = (
        redis.silo(data.path(), "one"),
        redis.silo(data.path(), "two"),
    );
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.extend([one.order(), two.order()]);
    }
    // Each is known to both, whoever has it.
    for order in &orders {
        for pizza in [&one, &two] {
            assert_eq!(pizza.get(&format!("/api/orders/{order}")).status, 200);
        }
    }
    let of_one = data.path().join("one");
    let status = operator::run(&one, &of_one, &["cluster", "status", "--json"]);
    let status = operator::json_of(&status);
    assert_eq!(
        status["members"].as_array().map(Vec::len),
        Some(2),
        "{status}"
    );
    assert!(status["leaseLeftMs"].as_u64() > Some(0), "{status}");
    two.kill_now();
    let killed = Instant::now();
    for order in &orders {
        let read = || {
            let answer = one.get(&format!("/api/orders/{order}"));
            (answer.status == 200).then_some(())
        };
        until(&format!("{order} to be answered for"), read);
    }
    let away = killed.elapsed();
    assert!(away <= AWAY_MAX, "the last of them was away for {away:?}");
    orders.push(one.order());
    for order in &orders {
        until(&format!("{order} to be ready"), || is_ready(&one, order));
    }
    let three = redis.silo(data.path(), "two");
    for order in &orders {
        is_ready(&three, order).expect("it was");
    }
    assert!(one.stop().success(), "it leaves in peace");
    orders.push(three.order());
    for order in &orders {
        until(&format!("{order} to be ready"), || is_ready(&three, order));
    }
    let stock = three.get("/api/inventory/napoli").json();
    for line in stock["stock"].as_array().expect("lines") {
        let n = |name: &str| line[name].as_u64().expect("a number");
        let sum = n("onHand") + n("reserved") + n("consumed") + n("wasted");
        assert_eq!(n("supplied"), sum, "{line}");
        if line["ingredient"] == "dough" {
            assert_eq!(n("consumed"), orders.len() as u64, "{line}");
        }
    }
}

#[test]
fn a_server_that_forgets_is_refused_with_what_to_change() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let port = redis.url.trim_end_matches('/').rsplit(':').next();
    let set = Command::new("redis-cli")
        .args([
            "-p",
            port.expect("a port"),
            "config",
            "set",
            "appendonly",
            "no",
        ])
        .output()
        .expect("redis-cli comes with the server");
    assert!(set.status.success());
    let pizza = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .arg("--data")
        .arg(data.path())
        .args([
            "--http",
            "127.0.0.1:0",
            "--https",
            "off",
            "--mqtt",
            "off",
            "--mqtts",
            "off",
        ])
        .args(["--admin", "127.0.0.1:0", "--cluster-listen", "127.0.0.1:0"])
        .args(["--cluster-store", &redis.url])
        .output()
        .expect("the program runs");
    assert!(!pizza.status.success());
    let said = String::from_utf8_lossy(&pizza.stderr);
    assert!(said.contains("appendonly yes"), "{said}");
}
