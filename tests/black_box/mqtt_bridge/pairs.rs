//! Two bridges of one name: one works, the other one takes over when it is gone.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::redis::Redis;
use crate::common::{Pizza, until};
use crate::mqtt_bridge::apart::Apart;
use crate::mqtt_bridge::broker::{Hearing, Mosquitto};

/// Orders before, between and after hand-overs, each time.
const ORDERS: usize = 4;
/// How long nobody publishes after the holder was killed: the wait for a beat, a look, a connection, and
/// what a busy machine adds.
const TAKEN_OVER_MAX: Duration = Duration::from_secs(15);
/// The events that a bridge publishes before it moves its cursor.
const IN_FLIGHT: usize = 64;
const EVENTS: &str = "pizza/orders/+/events";

/// What is wrong with what was heard.
#[derive(Debug, Default, PartialEq, Eq)]
struct Faults {
    /// Orders of which a change is missing, or came before an earlier one for the first time.
    gaps: usize,
    doubles: usize,
}

/// Checks the events of all orders: each was created, prepared, baked and ready, in this order, and
/// nothing was heard twice.
fn check(heard: &[Value]) -> Faults {
    let mut faults = Faults::default();
    let mut by_order: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for event in heard {
        let of_order = by_order.entry(event["orderId"].to_string()).or_default();
        if of_order.contains(&event) {
            faults.doubles += 1;
        } else {
            of_order.push(event);
        }
    }
    let expected = ["created", "preparing", "baking", "ready"];
    for events in by_order.values() {
        let mut statuses: Vec<_> = events.iter().filter_map(|e| e["status"].as_str()).collect();
        statuses.dedup();
        statuses.retain(|status| expected.contains(status));
        faults.gaps += usize::from(statuses != expected);
    }
    faults
}

/// A pizzeria whose bridge is not among those of the test, with what those are told.
fn quick() -> (Pizza, TempDir) {
    let data = tempfile::tempdir().expect("a directory");
    std::fs::write(data.path().join("pizza.toml"), "").expect("a file");
    (Pizza::start(data.path(), &["--speed", "1200"]), data)
}

fn order_ready(pizza: &Pizza) {
    let orders: Vec<String> = (0..ORDERS).map(|_| pizza.order()).collect();
    for order in &orders {
        until("a pizza", || {
            let order = pizza.get(&format!("/api/orders/{order}")).json();
            (order["status"] == "ready").then_some(())
        });
    }
}

/// An order after which nothing is published, and what was heard until it is ready.
fn all_heard(pizza: &Pizza, mosquitto: &Mosquitto, hearing: Hearing) -> Vec<Value> {
    let last = pizza.order();
    hearing.until(mosquitto, |event| {
        event["orderId"] == last.as_str() && event["status"] == "ready"
    })
}

fn works(bridge: &Apart) -> bool {
    bridge.published() > 0
}

fn a_pair(pizza: &Pizza, data: &Path, config: &Path) {
    let mosquitto = Mosquitto::start();
    let start = || Apart::start_at(pizza, data, config, &mosquitto.url(), "pair");
    let hearing = mosquitto.hear(EVENTS);
    let one = start();
    order_ready(pizza);
    until("the first one to work", || works(&one).then_some(()));
    let two = start();
    order_ready(pizza);
    // A clean hand-over.
    one.stop();
    order_ready(pizza);
    until("the other one to work", || works(&two).then_some(()));
    let heard = all_heard(pizza, &mosquitto, hearing);
    assert_eq!(check(&heard), Faults::default());
    assert!(heard.len() >= 4 * 3 * ORDERS, "{} events", heard.len());

    // It is killed in the middle of its work.
    let hearing = mosquitto.hear(EVENTS);
    let mut killed_one = two;
    let three = start();
    order_ready(pizza);
    assert!(!works(&three), "it waits");
    for _ in 0..ORDERS {
        pizza.order();
    }
    killed_one.kill();
    let killed = Instant::now();
    until("the last one to work", || works(&three).then_some(()));
    let away = killed.elapsed();
    assert!(away < TAKEN_OVER_MAX, "{away:?}");
    order_ready(pizza);
    let faults = check(&all_heard(pizza, &mosquitto, hearing));
    assert_eq!(faults.gaps, 0, "{faults:?}, away for {away:?}");
    assert!(faults.doubles <= IN_FLIGHT, "{faults:?}");
    three.stop();
}

#[test]
fn two_bridges_of_one_name_on_a_silo_that_is_alone() {
    let (pizza, data) = quick();
    a_pair(&pizza, data.path(), data.path());
}

#[test]
fn two_bridges_of_one_name_on_a_silo_of_a_cluster() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let pizza = redis.silo(data.path(), "one");
    a_pair(&pizza, &data.path().join("one"), data.path());
}

#[test]
fn bridges_that_know_nothing_of_each_other_are_noticed_by_the_same_check() {
    let mosquitto = Mosquitto::start();
    let (pizza, data) = quick();
    let hearing = mosquitto.hear(EVENTS);
    let bridges = ["one", "two"].map(|id| Apart::start(&pizza, &data, &mosquitto.url(), id));
    order_ready(&pizza);
    until("both to publish", || {
        bridges.iter().all(works).then_some(())
    });
    order_ready(&pizza);
    until("both to have published most", || {
        let most = 4 * ORDERS as u64;
        bridges
            .iter()
            .all(|bridge| bridge.published() >= most)
            .then_some(())
    });
    let mut heard = all_heard(&pizza, &mosquitto, hearing);
    assert!(check(&heard).doubles >= 4, "{} events", heard.len());
    // A change that is left out.
    heard.retain(|event| event["status"] != "baking");
    assert!(check(&heard).gaps >= 2 * ORDERS);
}
