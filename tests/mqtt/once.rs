//! A mapping that is nothing but configuration, and processes that die.

use crate::common::{Pizza, until};
use crate::world::World;

/// Topics of somebody's own: nothing but configuration.
const OWN: &str = r#"
[[bridge.inbound]]
topic = "shop/{shop}/deliveries"
actor = "inventory"
key = "{shop}"
method = "restock"
id = "content"
arguments = { amounts = [{ ingredient = "$/what", quantity = "$/count" }] }

[[bridge.inbound]]
topic = "pizza/drivers/{driverId}/status"
actor = "driver"
key = "{driverId}"
method = "set-status"
payload = "json-or-text"
arguments = { status = "$" }
"#;

/// What an inventory was ever given of something.
fn supplied(pizza: &Pizza, shop: &str, what: &str) -> u64 {
    let stock = pizza.get(&format!("/api/inventory/{shop}")).json();
    let lines = stock.as_array().or_else(|| stock["stock"].as_array());
    let mut lines = lines.into_iter().flatten();
    let line = lines.find(|line| line["ingredient"] == what);
    line.and_then(|line| line["supplied"].as_u64()).unwrap_or(0)
}

#[test]
fn each_message_takes_effect_once_whatever_dies() {
    const ROUNDS: u32 = 5;
    const EACH: u32 = 1_000;
    let mut world = World::new(OWN);
    let mut sent = 0;
    for round in 0..ROUNDS {
        let lines: String = (0..EACH)
            .map(|n| {
                format!(
                    "{{\"what\": \"saffron\", \"count\": 1, \"number\": {}}}\n",
                    round * EACH + n
                )
            })
            .collect();
        // Twice: what is the same message has no second effect.
        world
            .mosquitto
            .publish_lines("shop/napoli/deliveries", &lines);
        world
            .mosquitto
            .publish_lines("shop/napoli/deliveries", &lines);
        sent += u64::from(EACH);
        if round < 3 {
            world.restart();
        }
        world.mosquitto.restart();
    }
    until("each delivery", || {
        (supplied(&world.pizza, "napoli", "saffron") >= sent).then_some(())
    });
    // Behind everything else in the queue of the same actor.
    let last = br#"{"what": "truffle", "count": 1, "number": 0}"#;
    world.mosquitto.publish("shop/napoli/deliveries", last);
    until("the last delivery", || {
        (supplied(&world.pizza, "napoli", "truffle") == 1).then_some(())
    });
    assert_eq!(supplied(&world.pizza, "napoli", "saffron"), sent);

    // What was acknowledged does not come again: of the next run's messages the next is first.
    let world = world.reopen();
    let next = br#"{"what": "truffle", "count": 1, "number": 1}"#;
    world.mosquitto.publish("shop/napoli/deliveries", next);
    until("the next delivery", || {
        (supplied(&world.pizza, "napoli", "truffle") == 2).then_some(())
    });
    let counted = "pizza_bridge_messages_total{mapping=\"shop/{shop}/deliveries\"} ";
    let metrics = until("the count of it", || {
        let metrics = world.pizza.get("/metrics").text();
        metrics.contains(counted).then_some(metrics)
    });
    assert!(metrics.contains(&format!("{counted}1\n")), "{metrics}");
    assert!(world.pizza.stop().success());
}
