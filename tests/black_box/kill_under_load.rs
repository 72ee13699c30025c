//! kill -9 at moments by chance while clients order as fast as they can: whatever was acknowledged is
//! there after the next start.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::common::until;
use crate::store_failure::{BINARY, Line, start};

/// A twentieth of what `just soak` does, by `KILLS_UNDER_LOAD`.
const KILLS: usize = 10;
const CLIENTS: usize = 8;
/// A kill before so many orders says little.
const ORDERS_MIN: usize = 20;
/// How long at most it goes on then.
const LONGER_MS: u64 = 400;

fn order_until_the_end(at: SocketAddr, acknowledged: &Mutex<Vec<String>>) {
    let mut line = Line::open(at);
    let body = r#"{"customerId": "customer-1", "restaurantId": "napoli",
        "items": [{"pizzaType": "Margherita", "quantity": 1}], "deliveryAddress": "Via Toledo 1"}"#;
    while let Some((status, answer)) = line.ask("POST", "/api/orders", body) {
        if status == 201 {
            let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
            let order = answer["orderId"].as_str().expect("an id").to_owned();
            acknowledged.lock().expect("unpoisoned").push(order);
        }
    }
}

/// Orders of a round that are not there after the next start.
fn kill(kills: usize, data: &Path, config: &str) -> (usize, Vec<String>) {
    let (mut count, mut missing) = (0, Vec::new());
    let mut random = 0x5eed_u64;
    let mut before: Vec<String> = Vec::new();
    for round in 0..=kills {
        let mut pizza = start(Command::new(BINARY), data, config);
        let mut line = Line::open(pizza.http);
        for order in before.drain(..) {
            let read = line.ask("GET", &format!("/api/orders/{order}"), "");
            let (status, answer) = read.expect("an answer");
            if status != 200 {
                missing.push(format!("{order}: {status} {answer}"));
            }
        }
        if round == kills {
            break;
        }
        let acknowledged = Mutex::new(Vec::new());
        let at = pizza.http;
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| order_until_the_end(at, &acknowledged));
            }
            until("enough orders to be acknowledged", || {
                let enough = acknowledged.lock().expect("unpoisoned").len() >= ORDERS_MIN;
                enough.then_some(())
            });
            thread::park_timeout(Duration::from_millis((random >> 33) % LONGER_MS));
            pizza.kill_and_wait();
        });
        before = acknowledged.into_inner().expect("unpoisoned");
        count += before.len();
    }
    (count, missing)
}

fn config(dir: &Path, durability: &str) -> String {
    let text =
        format!("[gateway]\nrate_per_second = 0\n[silo.store]\ndurability = \"{durability}\"\n");
    let path = dir.join("pizza.toml");
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[test]
fn no_acknowledged_order_is_lost_under_full_load() {
    let kills = std::env::var("KILLS_UNDER_LOAD").ok();
    let kills = kills.and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let (dir, data) = (tempfile::tempdir(), tempfile::tempdir());
    let (dir, data) = (dir.expect("a directory"), data.expect("a directory"));
    let (count, missing) = kill(kills, data.path(), &config(dir.path(), "fsync"));
    assert!(count >= kills * ORDERS_MIN, "{count} orders");
    assert_eq!(missing, Vec::<String>::new(), "of {count}");
}

/// The planted mistake: a store that keeps nothing.
#[test]
fn a_store_that_keeps_nothing_is_found_out() {
    let (dir, data) = (tempfile::tempdir(), tempfile::tempdir());
    let (dir, data) = (dir.expect("a directory"), data.expect("a directory"));
    let (count, missing) = kill(1, data.path(), &config(dir.path(), "memory"));
    assert_eq!(missing.len(), count, "what is in memory only is not there");
}
