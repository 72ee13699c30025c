//! A restaurant with orders of months is opened, and works on, without its orders being read.

mod batches;

use std::path::Path;
use std::sync::Arc;

use pizza_store::{ActorStore, Commit, InspectionStore, Leaving, Members, Opened};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::{ActorId, EntryWrite, StateWrite};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::common::{Pizza, until};

const ORDERS: u64 = 20_000;
/// The customer of the one true order; those of the others are as long.
const CUSTOMER: &str = "a-customer-with-a-name-of-sixty-four-letters-so-that-it-has-some";

/// So many bytes the process has read from files and sockets so far.
fn bytes_read(pizza: &Pizza) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{}/io", pizza.id()));
    let io = io.expect("a process");
    let read = io.lines().find_map(|line| line.strip_prefix("rchar: "));
    read.expect("a line").parse().expect("a number")
}

fn order(pizza: &Pizza, restaurant: Option<&str>) -> String {
    let mut body = serde_json::json!({"customerId": CUSTOMER, "pizzaType": "Margherita"});
    if let Some(restaurant) = restaurant {
        body["restaurantId"] = restaurant.into();
    }
    let answer = pizza.post("/api/orders", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["orderId"].as_str().expect("an id").to_owned()
}

/// The orders of a page, and where the next one begins.
fn page(pizza: &Pizza, restaurant: &str, limit: u64, after: Option<&str>) -> (u64, Option<String>) {
    let after = after.map_or_else(String::new, |cursor| format!("&after={cursor}"));
    let path = format!("/api/restaurants/{restaurant}/orders?limit={limit}{after}");
    let answer = pizza.get(&path);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.json();
    let orders = page["orders"].as_array().expect("a list");
    let next = page["next"].as_str().map(str::to_owned);
    (orders.len() as u64, next)
}

/// Gives the restaurant many orders like the one that it has, each a second older.
fn fill(data: &Path, restaurant: &ActorId) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = EmbeddedStore::open(&data.join("store"), Options::default());
        let store = store.expect("a store");
        let record = store.record(restaurant).await.expect("readable");
        // Its own it may open.
        let by = record.expect("a record").owner;
        let opened = store.open(restaurant, &by, &Members::alone(&by)).await;
        let Ok(Opened::Opened(stored)) = opened else {
            panic!("{opened:?}");
        };
        let line = stored
            .entries
            .iter()
            .find(|(name, _)| name.starts_with("o/"));
        let (name, line) = line.expect("a line of its list");
        let newest = u64::from_str_radix(&name[2..18], 16).expect("a time");
        let at = line
            .windows(CUSTOMER.len())
            .position(|w| w == CUSTOMER.as_bytes());
        let at = at.expect("the customer's name");
        let mut chance = SmallRng::seed_from_u64(7);
        let parts = (0..ORDERS).step_by(1_000);
        for (version, first) in (stored.record.version..).zip(parts) {
            let line = |number: u64| {
                // By chance, or the database would make a few bytes of all of them.
                let mut line = line.to_vec();
                for byte in &mut line[at..at + CUSTOMER.len()] {
                    *byte = chance.random_range(b'a'..=b'z');
                }
                EntryWrite {
                    name: format!("o/{:016x}.filler-{number}", newest + (number + 1) * 1_000)
                        .into(),
                    bytes: Some(line.into()),
                }
            };
            let commit = Commit {
                actor: restaurant.clone(),
                owner: by.clone(),
                epoch: stored.record.epoch,
                version,
                now_ms: 0,
                module: None,
                state: StateWrite::Keep,
                entries: (first..first + 1_000).map(line).collect(),
                handled: None,
                reminders: Vec::new(),
                delayed: Vec::new(),
                leaving: Leaving::default(),
                cursor: None,
                ending: pizza_store::EndWrite::Keep,
            };
            store.commit(Arc::new(commit)).await.expect("taken");
        }
        let inspected = store.inspect(restaurant, 0).await.expect("readable");
        assert!(inspected.is_some_and(|actor| actor.entries as u64 > ORDERS));
        store.close();
    });
}

#[test]
fn a_restaurant_with_many_orders_is_opened_without_them() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let known = pizza.get("/api/restaurants").json();
    order(&pizza, None);
    let restaurants = known["restaurants"].as_array().or_else(|| known.as_array());
    let restaurants = restaurants.expect("a list");
    let name = |of: &serde_json::Value| {
        let name = of["restaurantId"].as_str().or_else(|| of.as_str());
        name.expect("an id").to_owned()
    };
    // Once the order is in its list.
    let restaurant = until("the order in a list", || {
        restaurants
            .iter()
            .map(name)
            .find(|id| page(&pizza, id, 10, None).0 > 0)
    });
    assert!(pizza.stop().success());
    fill(
        data.path(),
        &ActorId::new("restaurant", restaurant.as_str()).expect("an id"),
    );

    let pizza = Pizza::start(data.path(), &[]);
    let before = bytes_read(&pizza);
    assert_eq!(page(&pizza, &restaurant, 10, None).0, 10);
    let opened = bytes_read(&pizza) - before;
    assert!(opened < 1 << 20, "{opened} bytes read to open it");
    // It takes an order up as before, and its own turns read as little.
    let (before, count) = (bytes_read(&pizza), page(&pizza, &restaurant, 200, None).0);
    assert_eq!(count, 200);
    let new = order(&pizza, Some(&restaurant));
    until("the order in the list", || {
        let first = pizza.get(&format!("/api/restaurants/{restaurant}/orders?limit=1"));
        (first.json()["orders"][0]["orderId"] == new.as_str()).then_some(())
    });
    let worked = bytes_read(&pizza) - before;
    assert!(worked < 2 << 20, "{worked} bytes read for an order");

    // All of it is there, and to read it is dearer by far.
    let before = bytes_read(&pizza);
    let (mut found, mut after) = (0, None);
    loop {
        let (count, next) = page(&pizza, &restaurant, 200, after.as_deref());
        found += count;
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ORDERS + 2);
    let all = bytes_read(&pizza) - before;
    assert!(all > 2 << 20, "only {all} bytes read for all of them");
}
