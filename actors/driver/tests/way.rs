//! The way that lies before a driver.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use pizza_actor_driver::Driver;
use pizza_actor_driver::bindings::types::{Basis, Location, Refusal};
use silo_sdk::json::{Value, json};
use silo_sdk::testing::{Host, failed, ok, refused};
use silo_sdk::{CallFailure, state};

const HERE: Location = Location {
    lat: 40.85,
    lon: 14.27,
};

fn order(status: &str) -> Value {
    json!({
        "orderId": "order-1", "customerId": "c", "restaurantId": "napoli", "items": [],
        "totalCents": 0, "deliveryLocation": {"lat": 40.86, "lon": 14.27},
        "status": status, "remakes": 0, "late": false, "refund": false,
        "createdAt": 0, "updatedAt": 0, "version": 1,
    })
}

fn restaurant() -> Value {
    let location = json!({"lat": 40.8518, "lon": 14.2681});
    let profile = json!({"name": "n", "region": "eu", "location": location, "open": true,
        "drivers": []});
    json!({"restaurantId": "napoli", "openedAt": 0, "profile": profile})
}

fn driver(order_id: Option<&str>) -> Driver {
    let driver = json!({
        "driverId": "driver-1", "status": "busy", "location": HERE, "locatedAt": 0,
        "orderId": order_id, "delivered": 0, "lostSignal": false,
    });
    state::decode(&state::encode(&json!({"d": driver}))).unwrap()
}

#[test]
fn it_leads_by_the_restaurant_until_the_order_was_picked_up() {
    let host = Host::new("driver", "driver-1");
    host.answer("restaurant", "get", |_, _| ok(restaurant()));
    // Nobody who knows the streets answers, which is told.
    let late = || CallFailure::Deadline("after 250 ms".to_owned());
    host.answer("route", "way", move |_, _| failed(late()));
    for (status, legs) in [("ready", 2), ("outForDelivery", 1)] {
        host.answer("order", "get", move |_, _| ok(order(status)));
        let way = driver(Some("order-1")).way().unwrap();
        assert_eq!((way.basis, way.legs.len()), (Basis::StraightLine, legs));
        assert_eq!((way.path.len(), way.path[0]), (legs + 1, HERE));
        let of_legs: u32 = way.legs.iter().map(|leg| leg.metres).sum();
        assert!(way.metres > 1_000 && of_legs.abs_diff(way.metres) <= 2);
    }
    let asked = host.asked().into_iter();
    let stops = asked.filter(|asked| asked.method == "way");
    let stops = stops.map(|asked| asked.arguments["stops"].as_array().unwrap().len());
    assert_eq!(stops.collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn who_carries_nothing_has_none() {
    let host = Host::new("driver", "driver-1");
    host.answer("order", "get", |_, _| {
        refused(Refusal::NotFound("gone".to_owned()))
    });
    let unknown = Driver::default().way();
    assert!(matches!(unknown, Err(Refusal::NotFound(_))));
    let gone = driver(Some("order-1")).way();
    assert!(matches!(gone, Err(Refusal::NotFound(_))));
    let idle = driver(None).way();
    assert!(matches!(idle, Err(Refusal::Conflict(_))));
}
