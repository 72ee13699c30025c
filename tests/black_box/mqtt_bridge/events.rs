//! What an order's customers hear of it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::until;
use crate::mqtt_bridge::world::World;

fn status_of(world: &World, order: &str) -> Value {
    let answer = world.pizza.get(&format!("/api/orders/{order}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["status"].clone()
}

fn statuses(events: &[Value]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for event in events {
        let status = event["status"].as_str().expect("a status").to_owned();
        // An estimate is news, too, and so is what is told once more after a crash.
        if all.last() != Some(&status) {
            all.push(status);
        }
    }
    all
}

#[test]
fn each_change_is_published_in_order_also_after_a_crash() {
    let mut world = World::new("");
    let (first, cancelled) = (world.pizza.order(), world.pizza.order());
    until("the first pizza", || {
        (status_of(&world, &first) == "ready").then_some(())
    });
    let topic = |order: &str| format!("pizza/orders/{order}/events");
    let seen = world
        .mosquitto
        .until(&topic(&first), |event| event["status"] == "ready");
    let last = seen.last().expect("an event");
    assert_eq!(last["orderId"], json!(first), "{last}");
    assert!(
        last["at"].as_str().is_some_and(|at| at.ends_with('Z')),
        "{last}"
    );
    assert!(last.get("customerId").is_none(), "{last}");

    // The broker is away while something happens, and the pizzeria dies over it.
    let body = json!({"reason": "too late"});
    let hearing = world.mosquitto.hear(&topic("+"));
    world.mosquitto.stop();
    let answer = world
        .pizza
        .post(&format!("/api/orders/{cancelled}/cancel"), &body);
    let is_cancelled = answer.status == 200;
    let third = world.pizza.order();
    world.restart();
    world.mosquitto.start_again();
    until("the third pizza", || {
        (status_of(&world, &third) == "ready").then_some(())
    });
    let seen = world
        .mosquitto
        .until(&topic(&third), |event| event["status"] == "ready");
    // The state that was retained last is the order's state.
    assert_eq!(seen.last().expect("an event")["status"], "ready");
    if is_cancelled {
        let seen = world
            .mosquitto
            .until(&topic(&cancelled), |e| e["status"] == "cancelled");
        assert!(!seen.is_empty());
    }
    let is_third = |event: &Value| event["orderId"] == json!(third);
    let mut of_third = hearing.until(&world.mosquitto, |event| {
        is_third(event) && event["status"] == "ready"
    });
    of_third.retain(is_third);
    let order: Vec<String> = statuses(&of_third);
    let expected = ["created", "preparing", "baking", "ready"];
    assert!(
        order
            .iter()
            .filter(|s| expected.contains(&s.as_str()))
            .eq(expected.iter()),
        "{order:?}"
    );

    // Anybody who stops does not wait for a broker that is not there.
    world.mosquitto.stop();
    let begun = Instant::now();
    assert!(world.pizza.stop().success());
    assert!(begun.elapsed() < Duration::from_secs(5));
}
