//! A gateway in front of several silos, for operators: all silos side by side, what they do added up,
//! each actor where it is, and who is dead.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::process::{Process, gateway, gateway_as, pizza, silo};
use super::processes::{is_ready, ordered};
use super::redis::Redis;
use crate::common::{request, until};

fn look(at: SocketAddr, path: &str) -> Value {
    let answer = request(at, "GET", &format!("/api/admin{path}"), &[], None);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// The row of the silo of this name, once it is in this state.
fn row(at: SocketAddr, name: &str, state: &str) -> Value {
    until(&format!("{name} to be {state}"), || {
        let stats = look(at, "/stats");
        let rows = stats["silos"].as_array().expect("rows").clone();
        rows.into_iter()
            .find(|row| row["name"] == name && row["state"] == state)
    })
}

fn turns_of_orders(at: SocketAddr) -> u64 {
    let rates = look(at, "/rates");
    assert_eq!(rates["missing"], json!([]), "{rates}");
    let rates = rates["rates"].as_array().expect("rates").clone();
    let mut of_orders = rates.iter().filter(|rate| rate["actorType"] == "order");
    of_orders
        .next()
        .map_or(0, |rate| rate["turns"].as_u64().expect("a number"))
}

#[test]
fn operators_see_all_silos_and_reach_each_actor_where_it_is() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let dir = data.path();
    let one = silo(&redis.url, dir, "one", &[]);
    let two = silo(&redis.url, dir, "two", &[]);
    // It is told of one alone, which tells it of the other.
    let web: Process = gateway(dir, "web", &[one.address]);
    for (name, silo) in [("one", &one), ("two", &two)] {
        let row = row(web.address, name, "live");
        assert_eq!(
            (&row["store"], &row["address"]),
            (&json!("redis"), &json!(silo.address.to_string()))
        );
        assert!(
            row["memoryBytes"].as_u64() > Some(0) && row["leaseLeftMs"].is_u64(),
            "{row}"
        );
    }
    let orders: Vec<String> = (0..20).map(|_| ordered(web.address)).collect();
    for order in &orders {
        until(&format!("{order} to be ready"), || {
            is_ready(web.address, order)
        });
    }
    // Each order had some turns, whichever silo it was on.
    until("all turns to be added up", || {
        (turns_of_orders(web.address) >= 100).then_some(())
    });
    let mut owners = std::collections::BTreeSet::new();
    for order in &orders {
        let actor = look(web.address, &format!("/actors/order/{order}"));
        owners.insert(actor["owner"].as_str().expect("an owner").to_owned());
        // By the silo that was asked last alone it would be in memory now and then.
        assert_ne!(actor["presence"], "not-in-memory", "{actor}");
    }
    assert_eq!(owners.len(), 2, "{owners:?}");
    for order in &orders {
        let path = format!("/api/admin/actors/order/{order}/deactivate");
        until(&format!("{order} to be at rest"), || {
            let done = request(web.address, "POST", &path, &[], None);
            assert_eq!(done.status, 200, "{}", done.text());
            (done.json()["deactivated"] == true).then_some(())
        });
    }
    two.kill();
    let dead = row(web.address, "two", "dead");
    assert!(
        dead["why"].is_string() && dead["version"].is_null(),
        "{dead}"
    );
    row(web.address, "one", "live");
}

#[test]
fn a_gateway_with_the_token_of_edges_alone_serves_no_operators() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let dir = data.path();
    let of_edges = "the-token-of-edges-of-this-test";
    let one = silo(&redis.url, dir, "one", &["--edge-token", of_edges]);
    let mut command = pizza(dir);
    command
        .env_remove("PIZZA_ADMIN_TOKEN")
        .env("PIZZA_EDGE_TOKEN", of_edges);
    let web = gateway_as(command, dir, "web", &[one.address]);
    let refused = request(web.address, "GET", "/api/admin/stats", &[], None);
    assert_eq!(refused.status, 404, "{}", refused.text());
    let told = request(web.address, "GET", "/api/session", &[], None);
    assert_eq!(told.json()["canOperate"], false);
    let mut command = pizza(dir);
    command.env("PIZZA_EDGE_TOKEN", of_edges);
    let both = gateway_as(command, dir, "both", &[one.address]);
    row(both.address, "one", "live");
}
