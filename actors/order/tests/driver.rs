//! An order that its driver cannot bring to its door.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use pizza_actor_order::Order;
use pizza_actor_order::bindings::types::{NewOrder, Refusal, RequestedItem, Status};
use silo_sdk::json::json;
use silo_sdk::testing::{Host, ok};

/// An order that is ready, and is driver-1's.
fn given() -> (Host, Order) {
    let host = Host::new("order", "order-1");
    let item = json!({"pizzaType": "Margherita", "quantity": 2, "unitPriceCents": 900});
    let reserved = json!({"reserved": [item]});
    host.answer("inventory", "reserve", move |_, _| ok(reserved.clone()));
    host.answer("driver", "could-take", |_, _| ok(json!(null)));
    let mut order = Order::default();
    let wish = NewOrder {
        customer_id: "customer-1".to_owned(),
        restaurant_id: "napoli".to_owned(),
        items: vec![RequestedItem {
            pizza_type: "Margherita".to_owned(),
            quantity: 2,
        }],
        delivery_address: None,
        delivery_location: None,
        customer_name: None,
        note: None,
        phone: None,
    };
    order.create(wish).unwrap();
    for status in [Status::Preparing, Status::Baking, Status::Ready] {
        order.update_status(status, None, None).unwrap();
    }
    order.assign_driver("driver-1".to_owned(), None).unwrap();
    host.clear_effects();
    (host, order)
}

fn by_driver(host: &Host, order: &mut Order, driver: &str) -> Result<Status, Refusal> {
    host.set_caller(Some(("driver", driver)));
    let given_back = order.give_back();
    host.set_caller(None);
    given_back.map(|order| order.status)
}

#[test]
fn before_it_was_picked_up_it_needs_another_driver() {
    let (host, mut order) = given();
    assert_eq!(
        by_driver(&host, &mut order, "driver-1").unwrap(),
        Status::Ready
    );
    assert_eq!(order.get().unwrap().driver_id, None);
    let told = host.published("restaurant-orders").pop().unwrap();
    assert_eq!(
        (&told["status"], &told["driverId"]),
        (&"ready".into(), &json!(null))
    );
    assert_eq!(told["pizzas"], 2);
}

#[test]
fn on_its_way_it_is_ready_again_and_all_hear_of_it() {
    let (host, mut order) = given();
    order
        .update_status(Status::OutForDelivery, None, None)
        .unwrap();
    let version = order.get().unwrap().version;
    host.clear_effects();
    assert_eq!(
        by_driver(&host, &mut order, "driver-1").unwrap(),
        Status::Ready
    );
    let back = order.get().unwrap();
    assert_eq!((back.driver_id, back.version), (None, version + 1));
    let told = host.published("restaurant-orders").pop().unwrap();
    assert_eq!(
        (&told["from"], &told["status"]),
        (&"outForDelivery".into(), &"ready".into())
    );
    let kitchen = host.published("kitchen-orders").pop().unwrap();
    assert_eq!(
        (&kitchen["status"], &kitchen["waits"]),
        (&"ready".into(), &false.into())
    );
    let step = order.timeline().unwrap().pop().unwrap();
    assert_eq!(
        (step.from, step.to),
        (Some(Status::OutForDelivery), Status::Ready)
    );
    assert_eq!(step.by.as_deref(), Some("driver/driver-1"));
    // It goes on like any order that is ready.
    order.assign_driver("driver-2".to_owned(), None).unwrap();
    order
        .update_status(Status::OutForDelivery, None, None)
        .unwrap();
    assert_eq!(
        order.confirm_delivery(None).unwrap().status,
        Status::Delivered
    );
}

#[test]
fn nobody_gives_back_what_they_do_not_have() {
    let (host, mut order) = given();
    for stranger in [
        Some(("driver", "driver-2")),
        Some(("kitchen", "driver-1")),
        None,
    ] {
        host.set_caller(stranger);
        assert!(matches!(order.give_back(), Err(Refusal::Conflict(_))));
    }
    host.set_caller(None);
    order
        .update_status(Status::OutForDelivery, None, None)
        .unwrap();
    order.confirm_delivery(None).unwrap();
    assert!(
        by_driver(&host, &mut order, "driver-1").is_err(),
        "it has arrived"
    );
    assert_eq!(order.get().unwrap().status, Status::Delivered);
}

#[test]
fn its_driver_hears_when_somebody_else_says_that_it_has_left() {
    let (host, mut order) = given();
    order
        .update_status(Status::OutForDelivery, None, None)
        .unwrap();
    let heard = host.sent_to("driver", "order-moved");
    assert_eq!(heard[0].key, "driver-1");
    assert_eq!(heard[0].arguments["status"], "outForDelivery");
    let (host, mut order) = given();
    host.set_caller(Some(("driver", "driver-1")));
    order
        .update_status(Status::OutForDelivery, None, None)
        .unwrap();
    assert!(
        host.sent_to("driver", "order-moved").is_empty(),
        "they know"
    );
}
