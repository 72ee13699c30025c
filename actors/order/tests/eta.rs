//! When an order on the road arrives, as its driver moves.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::Duration;

use pizza_actor_order::Order;
use pizza_actor_order::bindings::types::{Basis, Location, Stretch};
use pizza_streets::location::moved;
use silo_sdk::json::json;
use silo_sdk::testing::{Host, failed, ok};
use silo_sdk::{CallFailure, state};

const DOOR: (f64, f64) = (40.85, 14.27);

/// So many metres south of the door.
fn south(metres: f64) -> Location {
    let (lat, lon) = moved(DOOR, 0.0, -metres);
    Location { lat, lon }
}

fn stretch(metres: u32) -> Stretch {
    Stretch {
        basis: Basis::Streets,
        metres,
        seconds: 1,
    }
}

fn deadline() -> CallFailure {
    CallFailure::Deadline("after 250 ms".to_owned())
}

/// An order that a driver carries to the door.
fn on_the_road() -> Order {
    let order = json!({
        "orderId": "order-1", "customerId": "c", "restaurantId": "napoli", "items": [],
        "totalCents": 0, "deliveryLocation": {"lat": DOOR.0, "lon": DOOR.1},
        "status": "outForDelivery", "driverId": "driver-1", "remakes": 0, "late": false,
        "refund": false, "createdAt": 0, "updatedAt": 0, "version": 1,
    });
    state::decode(&state::encode(&json!({"o": order}))).unwrap()
}

/// How long it takes from so many metres south of the door, in milliseconds.
fn takes(order: &mut Order, host: &Host, metres: f64) -> u64 {
    let now = host.now_ms();
    let told = order.update_driver_location("driver-1".to_owned(), south(metres), now);
    told.unwrap().estimated_delivery_at.unwrap() - now
}

#[test]
fn of_many_positions_few_ask_for_the_way() {
    let host = Host::new("order", "order-1");
    host.answer("route", "distance", |_, _| ok(stretch(2_000)));
    let mut order = on_the_road();
    // 2,000 m along the streets at 30 km/h are four minutes.
    let first = takes(&mut order, &host, 1_000.0);
    assert!(first.abs_diff(240_000) < 500, "{first}");
    // Less than half a minute and more than 200 m, told ten times a second.
    let mut before = first;
    for tick in 1..=290_u32 {
        host.advance(Duration::from_millis(100));
        let now = takes(&mut order, &host, 1_000.0 - f64::from(tick) * 0.8);
        assert!(now < before, "{tick}: {now} {before}");
        before = now;
    }
    assert_eq!(host.asked().len(), 1);
    // Then it is asked for again, and as it is told to be as long as it was, so it is.
    host.advance(Duration::from_secs(2));
    let again = takes(&mut order, &host, 750.0);
    assert_eq!(host.asked().len(), 2);
    assert!(again.abs_diff(240_000) < 500, "{again}");
    // One who stands still does not ask, however long.
    host.advance(Duration::from_secs(600));
    takes(&mut order, &host, 745.0);
    assert_eq!(host.asked().len(), 2);
}

#[test]
fn without_an_answer_the_straight_line_will_do() {
    let host = Host::new("order", "order-1");
    host.answer("route", "distance", |_, _| failed(deadline()));
    let mut order = on_the_road();
    // 1,000 m × 1.3 at 30 km/h
    let about = takes(&mut order, &host, 1_000.0);
    assert!(about.abs_diff(156_000) < 500, "{about}");
    host.advance(Duration::from_secs(1));
    takes(&mut order, &host, 700.0);
    assert_eq!(host.asked().len(), 1, "nor does each position ask in vain");
    host.answer("route", "distance", |_, _| ok(stretch(1_000)));
    host.advance(Duration::from_secs(30));
    let known = takes(&mut order, &host, 500.0);
    assert!(known.abs_diff(120_000) < 500, "{known}");
    host.answer("route", "distance", |_, _| failed(deadline()));
    host.advance(Duration::from_secs(31));
    let about = takes(&mut order, &host, 250.0);
    assert_eq!(host.asked().len(), 3);
    assert!(about.abs_diff(39_000) < 500, "{about}");
}

#[test]
fn what_is_told_of_a_way_is_bounded() {
    let host = Host::new("order", "order-1");
    host.answer("route", "distance", |_, _| ok(stretch(u32::MAX)));
    let mut order = on_the_road();
    let most = takes(&mut order, &host, 1_000.0);
    assert!(most.abs_diff(1_440_000) < 1_000, "{most}");
    host.advance(Duration::from_secs(1));
    assert!(takes(&mut order, &host, 0.0) < 10, "at the door");
    // Nor is it shorter than the straight line.
    host.answer("route", "distance", |_, _| ok(stretch(0)));
    host.advance(Duration::from_secs(60));
    let least = takes(&mut order, &host, 2_000.0);
    assert!(least.abs_diff(240_000) < 500, "{least}");
}

#[test]
fn on_the_way_to_a_bridge_less_is_left_though_the_door_is_farther() {
    let host = Host::new("order", "order-1");
    host.answer("route", "distance", |_, _| ok(stretch(1_500)));
    let mut order = on_the_road();
    let here = takes(&mut order, &host, 300.0);
    host.advance(Duration::from_secs(1));
    let nearer_the_bridge = takes(&mut order, &host, 500.0);
    // 200 m at 30 km/h
    assert!(
        (here - nearer_the_bridge).abs_diff(24_000) < 500,
        "{nearer_the_bridge}"
    );
}
