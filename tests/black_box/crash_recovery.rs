//! kill -9 while pizzas bake.

use crate::common::sse::Reader;
use crate::common::{Pizza, until};

const KILLS: usize = 20;

/// Positions of all events that a client has seen, resuming where it was.
fn follow(pizza: &Pizza, order: &str, seen: &mut Vec<u64>, until_status: &str) -> bool {
    let path = format!("/api/orders/{order}/track");
    let mut events = Reader::open(pizza.http, &path, seen.last().copied());
    while let Some(event) = events.next() {
        seen.extend(event.id);
        if event.data["status"] == until_status {
            return true;
        }
    }
    false
}

#[test]
fn no_acknowledged_order_is_lost_however_often_the_silo_dies() {
    let data = tempfile::tempdir().expect("a directory");
    let mut orders: Vec<(String, Vec<u64>)> = Vec::new();
    // A linear congruential generator, so that a failure can be repeated.
    let mut seed = 42_u64;
    for kill in 0..KILLS {
        let pizza = Pizza::start(data.path(), &["--speed", "1200"]);
        for _ in 0..3 {
            orders.push((pizza.order(), Vec::new()));
        }
        // Some clients follow; their streams break off when the silo dies.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let wait = std::time::Duration::from_millis((seed >> 33) % 700);
        std::thread::scope(|scope| {
            for (order, seen) in orders.iter_mut().rev().take(3) {
                let pizza = &pizza;
                scope.spawn(move || follow(pizza, order, seen, "ready"));
            }
            // The moment of death is random: it is what this test is about.
            std::thread::park_timeout(wait);
            pizza.kill_now();
        });
        drop(pizza);
        assert!(orders.len() == (kill + 1) * 3);
    }
    let pizza = Pizza::start(data.path(), &["--speed", "1200"]);
    for (order, seen) in &mut orders {
        let read = || pizza.get(&format!("/api/orders/{order}"));
        until(&format!("{order} to be ready"), || {
            let answer = read();
            assert_eq!(answer.status, 200, "{order} is lost: {}", answer.text());
            (answer.json()["status"] == "ready").then_some(())
        });
        if seen.is_empty() || read().json()["version"].as_u64() > seen.last().copied() {
            follow(&pizza, order, seen, "ready");
        }
        let expected: Vec<u64> = (1..=seen.len() as u64).collect();
        assert_eq!(
            seen, &expected,
            "events of {order}: each once, in order, none missing"
        );
    }
    // Whatever happened, the stock adds up.
    let stock = pizza.get("/api/inventory/napoli").json();
    for line in stock["stock"].as_array().expect("lines") {
        let n = |name: &str| line[name].as_u64().expect("a number");
        let sum = n("onHand") + n("reserved") + n("consumed") + n("wasted");
        assert_eq!(n("supplied"), sum, "{line}");
        if line["ingredient"] == "dough" {
            assert_eq!(
                n("consumed"),
                (KILLS * 3) as u64,
                "each order took one dough, once"
            );
        }
    }
}
