//! Drivers and ovens whose words reach the actors.

use serde_json::json;

use crate::common::hired::hire;
use crate::common::now_ms;
use crate::common::sse::Reader;
use crate::common::until;
use crate::mqtt_bridge::world::{World, place};

#[test]
fn a_drivers_position_reaches_the_customer() {
    let world = World::new("");
    let (pizza, mosquitto) = (&world.pizza, &world.mosquitto);
    let order = pizza.order();
    until("the pizza", || {
        let order = pizza.get(&format!("/api/orders/{order}")).json();
        (order["status"] == "ready").then_some(())
    });
    mosquitto.publish("pizza/drivers/driver-7/status", b"available");
    until("the driver to be available", || {
        (world.status("driver-7")["status"] == "available").then_some(())
    });
    hire(pizza, &["driver-7"]);
    let body = json!({"driverId": "driver-7"});
    let assigned = pizza.post(&format!("/api/orders/{order}/assign-driver"), &body);
    assert_eq!(assigned.status, 200, "{}", assigned.text());
    until("the driver to know", || {
        (world.status("driver-7")["orderId"] == json!(order)).then_some(())
    });
    let taken = pizza.post("/api/drivers/driver-7/picked-up", &json!({}));
    assert_eq!(taken.status, 200, "{}", taken.text());

    let mut track = Reader::open(pizza.http, &format!("/api/orders/{order}/track"), None);
    mosquitto.publish("pizza/drivers/driver-7/location", &place(41.25, now_ms()));
    let seen = std::iter::from_fn(|| track.next())
        .find(|event| event.data["driverLocation"]["lat"] == 41.25);
    assert!(seen.is_some(), "the track ended without the position");
    assert_eq!(world.status("driver-7")["location"]["lat"], 41.25);

    // The last will of a phone that vanished: the pizza is still on the road.
    let status = json!({"status": "offline"}).to_string();
    mosquitto.publish("pizza/drivers/driver-7/status", status.as_bytes());
    let lost = until("the lost signal", || {
        let driver = world.status("driver-7");
        (driver["lostSignal"] == true).then_some(driver)
    });
    assert_eq!(lost["orderId"], json!(order), "{lost}");
    mosquitto.publish("pizza/drivers/driver-7/location", &place(41.5, now_ms()));
    until("the driver to be back", || {
        (world.status("driver-7")["lostSignal"] == false).then_some(())
    });
}

#[test]
fn ovens_and_their_alerts_reach_the_kitchen() {
    let world = World::new("");
    let oven = br#"{"ovenId": "left", "temperature": 312.5, "timer": 90}"#;
    world.mosquitto.publish("pizza/kitchen/napoli/oven", oven);
    let alert = br#"{"kind": "malfunction", "message": "the door"}"#;
    world
        .mosquitto
        .publish("pizza/kitchen/napoli/alerts", alert);
    until("both", || {
        let kitchen = world.pizza.get("/api/kitchen/napoli/status").json();
        let has_oven = kitchen["ovens"][0]["temperature"] == 312.5;
        (has_oven && kitchen["alerts"][0]["kind"] == "malfunction").then_some(())
    });
}
