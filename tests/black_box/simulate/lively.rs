//! `pizza --simulate`: people in the pizzeria's own process.

use serde_json::json;

use crate::common::until;
use crate::simulate::world::World;

const BUSY: &str = "[gateway]\nanonymous_on_loopback = true\n\
    [simulate]\ndrivers = 2\norders_per_minute = 120\nspeed = 300\nreject_percent = 0\n";

#[test]
fn the_pizzeria_is_lively_by_itself_and_quiet_when_it_stops() {
    let world = World::with(BUSY, &["--simulate"]);
    let heard = world.mosquitto.subscribe("pizza/drivers/+/location", 20);
    let delivered = until("three deliveries", || {
        let metrics = world.pizza.get("/api/restaurants/napoli/metrics").json();
        let delivered = metrics["lastDay"]["delivered"].as_u64()?;
        (delivered >= 3).then_some(delivered)
    });
    assert_eq!(heard.payloads().len(), 20);
    let world = world.reopen(&[]);
    for driver in ["live-1", "live-2"] {
        let driver = world.until_status(driver, "offline");
        assert_eq!(driver["lostSignal"], false, "{driver}");
        assert_eq!(driver["orderId"], json!(null), "{driver}");
    }
    let road = "/api/restaurants/napoli/orders?state=outForDelivery";
    let road = world.pizza.get(road).json();
    assert_eq!(road["orders"], json!([]), "{road}");
    let metrics = world.pizza.get("/api/restaurants/napoli/metrics").json();
    assert!(metrics["lastDay"]["delivered"].as_u64() >= Some(delivered));
}

#[test]
fn nobody_comes_where_nobody_was_asked_to() {
    let world = World::new();
    world.pizza.order();
    let list = world.pizza.get("/api/restaurants/napoli/drivers").json();
    // The demo has one driver, who is on duty once somebody has signed in as them.
    let drivers = list["drivers"].as_array().expect("a list");
    assert!(
        drivers.iter().all(|driver| driver["status"] == "offline"),
        "{list}"
    );
    // The restaurant hears of an order a moment after its customer does.
    let metrics = until("the order to be counted", || {
        let metrics = world.pizza.get("/api/restaurants/napoli/metrics").json();
        (metrics["lastDay"]["orders"] != 0).then_some(metrics)
    });
    assert_eq!(metrics["lastDay"]["orders"], 1, "{metrics}");
}
