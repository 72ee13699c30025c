//! What is kept for anybody who comes later.

use serde_json::{Value, json};

use crate::common::until;
use crate::mqtt_broker::client::{Subscriber, VERSIONS, publish};
use crate::mqtt_broker::world::World;

#[test]
fn the_last_one_of_a_topic_is_kept_until_an_empty_one_comes() {
    let world = World::new("");
    let at = world.mqtt();
    for version in VERSIONS {
        for payload in ["old", "new"] {
            publish(
                at,
                &[
                    "-V", version, "-r", "-q", "1", "-t", "kept/a", "-m", payload,
                ],
            );
        }
        publish(at, &["-r", "-q", "1", "-t", "kept/b", "-m", "other"]);
        let options = ["-V", version, "-q", "1", "-t", "kept/#", "-F", "%r %t %p"];
        let mut subscriber = Subscriber::new(at, &options);
        assert_eq!(subscriber.lines(2), ["1 kept/a new", "1 kept/b other"]);
        // Anybody who is there already gets it as a message like any other.
        publish(at, &["-r", "-q", "1", "-t", "kept/a", "-m", "newest"]);
        assert_eq!(subscriber.line(), "0 kept/a newest");
        for topic in ["kept/a", "kept/b"] {
            publish(at, &["-r", "-q", "1", "-t", topic, "-n"]);
        }
        subscriber.stop();
        let mut subscriber = Subscriber::new(at, &options);
        publish(at, &["-q", "1", "-t", "kept/c", "-m", "live"]);
        assert_eq!(subscriber.line(), "0 kept/c live");
    }
}

#[test]
fn the_state_of_an_order_is_kept_for_its_customer_also_over_a_crash() {
    let mut world = World::new("");
    let order = world.pizza.order();
    until("the pizza", || {
        let order = world.pizza.get(&format!("/api/orders/{order}")).json();
        (order["status"] == "ready").then_some(())
    });
    expect_ready(&world, &order);
    // The broker keeps it in memory, the silo the events.
    world.kill_and_restart();
    expect_ready(&world, &order);
}

/// The bridge publishes a moment after the event.
fn expect_ready(world: &World, order: &str) {
    let topic = format!("pizza/orders/{order}/events");
    until("the retained event", || {
        let options = ["-q", "1", "-t", &topic, "-F", "%r %p"];
        let line = Subscriber::new(world.mqtt(), &options).line();
        let event: Value = serde_json::from_str(line.strip_prefix("1 ")?).expect("JSON");
        assert_eq!(event["orderId"], json!(order));
        assert!(event.get("customerId").is_none(), "{event}");
        (event["status"] == "ready").then_some(())
    });
}
