//! kill -9 at every commit from the need to the last delivery.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use pizza_store::InspectionStore;
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::ActorId;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Pizza, compile, operator, until};
use crate::restock::fatal::{Poison, copy, strike};
use crate::restock::shop;

/// The supplier's hour takes 200 ms, twice, as the order comes in two deliveries.
const OPTIONS: [&str; 2] = ["--speed", "60"];
const LEAD_MS: u64 = 12_000;
const SUPPLIER: &str = "wholesale";
const NEED: u32 = 10;
/// In hope that there is an end to it.
const COMMITS_MAX: u32 = 60;
/// How often all of it is done: on a busy machine two commits may reach the disk as one, and there is no
/// moment between them.
const SWEEPS_MAX: u32 = 3;
const KINDS: [Hit; 3] = [Hit::Order, Hit::Delivery, Hit::Restock];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hit {
    /// The order is made, and its supplier does not know.
    Order,
    /// The supplier has delivered, and nothing is restocked yet.
    Delivery,
    /// It is restocked.
    Restock,
    Another,
}

#[test]
fn whenever_the_process_is_killed_an_order_is_made_once_and_comes_once() {
    let prepared = prepared(None);
    let before = versions(prepared.path());
    let poison = Poison::brew();
    let mut hits = BTreeSet::new();
    for _ in 0..SWEEPS_MAX {
        hits.extend(killed_at_every_commit(&poison, prepared.path(), before));
        if KINDS.iter().all(|kind| hits.contains(kind)) {
            return;
        }
    }
    panic!("not every kind was hit: {hits:?}");
}

/// Which moments were hit.
fn killed_at_every_commit(poison: &Poison, prepared: &Path, before: (u64, u64)) -> BTreeSet<Hit> {
    let mut hits = BTreeSet::new();
    for at in 1.. {
        assert!(at < COMMITS_MAX, "the order never comes");
        let (died, data) = first_life(poison, prepared, at);
        if !died {
            assert!(at > 7, "only {at} commits for an order and two deliveries");
            break;
        }
        hits.insert(hit(before, versions(data.path())));
        let pizza = Pizza::start(data.path(), &OPTIONS);
        wish(pizza.http, "order-1", NEED);
        wish(pizza.http, "order-2", 1);
        shop::until_state(&pizza, "supply-1", "delivered");
        let once = shop::ordered_once(&pizza, SUPPLIER, NEED.into());
        once.unwrap_or_else(|wrong| panic!("killed at commit {at}: {wrong}"));
    }
    hits
}

/// The same check, on an inventory with a planted mistake.
#[test]
fn an_inventory_that_forgets_what_is_under_way_is_found_out() {
    let prepared = prepared(Some("forgetful"));
    let pizza = Pizza::start(prepared.path(), &OPTIONS);
    for order in ["order-1", "order-2"] {
        wish(pizza.http, order, NEED);
    }
    let wrong = shop::ordered_once(&pizza, SUPPLIER, (NEED * 2).into());
    let wrong = wrong.expect_err("two orders for one need");
    assert!(wrong.contains("became 2 orders"), "{wrong}");
}

/// A restaurant with a rule, and nothing under way.
fn prepared(variant: Option<&str>) -> TempDir {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &OPTIONS);
    if let Some(feature) = variant {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = compile::variant(root, "inventory", feature).expect("it compiles");
        let file = file.display().to_string();
        let push = ["module", "push", &file, "--type", "inventory", "--activate"];
        operator::succeeded(&operator::run(&pizza, data.path(), &push));
    }
    shop::supplier(&pizza, SUPPLIER, LEAD_MS, None);
    shop::set_rule(&pizza, &shop::rule(SUPPLIER));
    assert!(pizza.stop().success());
    data
}

/// Whether it died before the order had come, and what is left of it.
fn first_life(poison: &Poison, prepared: &Path, at: u32) -> (bool, TempDir) {
    let data = tempfile::tempdir().expect("a directory");
    copy(prepared, data.path());
    let mut pizza = poison.start(data.path(), &OPTIONS);
    strike(data.path(), at);
    wish(pizza.http, "order-1", NEED);
    let died = until("the order to come, or the end", || {
        if pizza.has_ended() {
            return Some(true);
        }
        let path = "/api/inventory/napoli/orders?state=delivered";
        let list = ask(pizza.http, "GET", path, "")?;
        let came = list["orders"]
            .as_array()
            .is_some_and(|list| !list.is_empty());
        came.then_some(false)
    });
    (died, data)
}

/// Sent again in the next life, it is the same wish.
fn wish(to: SocketAddr, order: &str, quantity: u32) {
    let path = "/api/actors/inventory/napoli/reserve";
    let body = shop::wish(order, quantity).to_string();
    drop(ask(to, "POST", path, &body));
}

/// What it says, unless it dies meanwhile.
fn ask(to: SocketAddr, method: &str, path: &str, body: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(to).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\nidempotency-key: {}\r\ncontent-length: {}\r\n\r\n",
        blake3::hash(body.as_bytes()),
        body.len(),
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).ok()?;
    let body = reply.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    serde_json::from_slice(&reply[body..]).ok()
}

/// Commits of the inventory and of the supplier, read from a copy of what the dead has left.
fn versions(data: &Path) -> (u64, u64) {
    let copied = tempfile::tempdir().expect("a directory");
    copy(&data.join("store"), copied.path());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = EmbeddedStore::open(copied.path(), Options::default()).expect("a store");
        let mut versions = [0; 2];
        for (version, (ty, key)) in versions
            .iter_mut()
            .zip([("inventory", "napoli"), ("supplier", SUPPLIER)])
        {
            let actor = ActorId::new(ty, key).expect("an id");
            let record = store.record(&actor).await.expect("readable");
            *version = record.map_or(0, |record| record.version);
        }
        (versions[0], versions[1])
    })
}

/// The inventory's commits are: ordered, accepted, shipped, restocked, restocked; the
/// supplier's: accepted, shipped, delivered, delivered.
fn hit(before: (u64, u64), now: (u64, u64)) -> Hit {
    match (now.0 - before.0, now.1 - before.1) {
        (1, 0) => Hit::Order,
        (3, 3) | (4, 4) => Hit::Delivery,
        (4, 3) | (5, 4) => Hit::Restock,
        _ => Hit::Another,
    }
}
