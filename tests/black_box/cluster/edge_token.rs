//! Gateways and bridges with a token of their own, which opens nothing that is for operators.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::process::{Process, TOKEN, gateway_as, pizza, refused, refused_silo, silo};
use super::processes::{is_ready, ordered};
use super::redis::Redis;
use crate::common::{Answer, request, until};

const OF_EDGES: &str = "the-token-of-edges-of-this-test";

/// What only an operator may do. Those that the silo has besides are in a table of its own tests.
const FOR_OPERATORS: [(&str, &str); 12] = [
    ("GET", "/stats"),
    ("GET", "/dead-letters"),
    ("GET", "/actors/order/order-1"),
    ("POST", "/actors/order/order-1/call/get"),
    ("POST", "/modules"),
    ("POST", "/modules/0/activate"),
    ("PUT", "/plugins/kitchen/napoli"),
    ("GET", "/cluster"),
    ("POST", "/cluster/accept-loss"),
    ("POST", "/cluster/silos/one/cordon"),
    ("POST", "/cluster/silos/one/drain"),
    ("GET", "/nowhere"),
];

/// An edge that knows no other token.
fn edge(dir: &Path, token: &str) -> Command {
    let mut command = pizza(dir);
    command
        .env_remove("PIZZA_ADMIN_TOKEN")
        .env("PIZZA_EDGE_TOKEN", token);
    command
}

fn ask(at: SocketAddr, method: &str, path: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    request(at, method, path, &[("authorization", &bearer)], Some(b""))
}

#[test]
fn edges_work_with_their_own_token_and_are_no_operators() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let dir = data.path();
    let one = silo(&redis.url, dir, "one", &["--edge-token", OF_EDGES]);
    let web = gateway_as(edge(dir, OF_EDGES), dir, "web", &[one.address]);
    let order = ordered(web.address);
    until("it to be ready", || is_ready(web.address, &order));
    // A bridge is let in as well, whether it finds its broker or not.
    let mut bridge = edge(dir, OF_EDGES);
    bridge
        .args(["bridge", "--silo", &one.address.to_string(), "--data"])
        .arg(dir.join("bridge"))
        .args(["--broker", "mqtt://127.0.0.1:1", "--metrics", "127.0.0.1:0"]);
    drop(Process::open(bridge, "metrics"));

    for (method, path) in FOR_OPERATORS {
        let answer = ask(one.address, method, path, OF_EDGES);
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        let problem = answer.json();
        assert_eq!(problem["type"], "urn:silo:problem:forbidden");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains("PIZZA_ADMIN_TOKEN"), "{detail}");
    }
    // The verbs of operators say the same, and have done nothing.
    let mut drain = pizza(dir);
    drain
        .env("PIZZA_ADMIN_TOKEN", OF_EDGES)
        .args(["cluster", "drain", "one", "--admin"])
        .arg(one.address.to_string());
    let said = refused(drain);
    assert!(
        said.contains("403") && said.contains("that of edges"),
        "{said}"
    );
    let stats = ask(one.address, "GET", "/stats", TOKEN);
    assert_eq!(stats.status, 200, "{}", stats.text());
    let members = &stats.json()["cluster"]["members"];
    assert_eq!(members[0]["state"], "live", "{members}");
}

#[test]
fn a_token_that_opens_nothing_is_told() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let dir = data.path();
    let one = silo(&redis.url, dir, "one", &["--edge-token", OF_EDGES]);
    let mut wrong = edge(dir, "another-token-of-nobody");
    wrong
        .args(["gateway", "--http", "127.0.0.1:0", "--https", "off"])
        .args(["--silo", &one.address.to_string(), "--data"])
        .arg(dir.join("web"));
    let said = refused(wrong);
    assert!(
        said.contains("401") && said.contains("--edge-token"),
        "{said}"
    );
    // A token that is both would make operators of all edges.
    let said = refused_silo(&redis.url, dir, "two", &["--edge-token", TOKEN]);
    assert!(said.contains("edge_token is the same"), "{said}");
    // Whoever has the operators' token may do what edges do, too.
    let web = gateway_as(pizza(dir), dir, "other", &[one.address]);
    ordered(web.address);
}
