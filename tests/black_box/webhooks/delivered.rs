//! The customer is notified, once.

use serde_json::json;

use crate::common::authority::Authority;
use crate::common::hired::hire;
use crate::common::{now_ms, until};
use crate::webhooks::receiver::Receiver;
use crate::webhooks::signatures::verified;
use crate::webhooks::world::{SECRET, World, ready, section};

/// Takes an order to the door.
fn deliver(world: &World) -> String {
    let pizza = &world.pizza;
    let order = ready(pizza);
    until("the offer", || {
        let driver = pizza.get("/api/drivers/rosa/status").json();
        (driver["offer"]["orderId"] == json!(order)).then_some(())
    });
    let body = json!({"orderId": order});
    for step in ["accept", "picked-up", "delivered"] {
        let answer = pizza.post(&format!("/api/drivers/rosa/{step}"), &body);
        assert_eq!(answer.status, 200, "{step}: {}", answer.text());
    }
    order
}

#[test]
fn a_delivered_order_is_told_once_over_tls_and_signed() {
    let dir = tempfile::tempdir().expect("a directory");
    Authority::new(dir.path(), "ca").issue(dir.path(), "receiver");
    let receiver = Receiver::start_tls(dir.path(), "receiver");
    let config = section(
        &receiver,
        &format!(
            "type = \"order.{{status}}\"\nca = \"{}\"\n\
             when = {{ \"/status\" = \"delivered\", \"/kind\" = \"status\" }}",
            dir.path().join("ca.pem").display()
        ),
    );
    let world = World::new(&config);
    let pizza = &world.pizza;
    let position = json!({"lat": 40.86, "lon": 14.2681, "timestamp": now_ms()});
    let told = pizza.post("/api/drivers/rosa/location", &position);
    assert_eq!(told.status, 200, "{}", told.text());
    hire(pizza, &["rosa"]);
    let order = deliver(&world);
    let told = receiver.acknowledged(1).remove(0);
    assert_eq!(told.path, "/hook");
    let event = &told.json;
    assert_eq!(
        (&event["type"], &event["key"]),
        (&json!("order.delivered"), &json!("napoli"))
    );
    assert_eq!(event["data"]["orderId"], json!(order));
    for private in ["customerId", "customerName", "deliverTo", "items", "note"] {
        assert!(event["data"].get(private).is_none(), "{event}");
    }
    assert!(verified(SECRET, &told));

    // Neither a restart nor what comes after tells it again.
    let world = world.restart(&config);
    let other = deliver(&world);
    let all = receiver.acknowledged(2);
    let orders: Vec<_> = all
        .iter()
        .map(|told| told.json["data"]["orderId"].clone())
        .collect();
    assert_eq!(orders, [json!(order), json!(other)]);
    assert_eq!(receiver.deliveries().len(), 2);
    assert_ne!(all[0].id, all[1].id);
}
