//! What cooks say of an order, and what they read on its ticket.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use pizza_actor_order::Order;
use pizza_actor_order::bindings::types::{
    CookStep, NewOrder, Refusal, RemakeReason, RequestedItem, Status,
};
use silo_sdk::json::{Value, json};
use silo_sdk::state;
use silo_sdk::testing::{Host, ok};

fn wish() -> NewOrder {
    NewOrder {
        customer_id: "customer-1".to_owned(),
        restaurant_id: "napoli".to_owned(),
        items: vec![RequestedItem {
            pizza_type: "Margherita".to_owned(),
            quantity: 1,
        }],
        delivery_address: None,
        delivery_location: None,
        customer_name: Some("Ada".to_owned()),
        note: Some("no olives".to_owned()),
        phone: Some("+39 081 5550100".to_owned()),
    }
}

/// An order that the kitchen has, and of whose ingredients there are enough.
fn placed() -> (Host, Order) {
    let host = Host::new("order", "order-1");
    let item = json!({"pizzaType": "Margherita", "quantity": 1, "unitPriceCents": 900});
    let reserved = json!({"reserved": [item]});
    for method in ["reserve", "remake"] {
        let reserved = reserved.clone();
        host.answer("inventory", method, move |_, _| ok(reserved.clone()));
    }
    let mut order = Order::default();
    order.create(wish()).unwrap();
    (host, order)
}

fn chef_takes_it_to(host: &Host, order: &mut Order, step: CookStep) {
    host.set_caller(Some(("chef", "napoli.1")));
    order.cook(CookStep::Began, 0).unwrap();
    order.cook(step, 0).unwrap();
    host.set_caller(Some(("kitchen", "napoli")));
}

/// The last that the kitchen has heard.
fn heard(host: &Host) -> Value {
    host.published("kitchen-orders").pop().unwrap()
}

#[test]
fn what_a_customer_writes_is_kept_and_told_to_the_kitchen() {
    let (host, order) = placed();
    let kept = order.get().unwrap();
    assert_eq!(kept.customer_name.as_deref(), Some("Ada"));
    assert_eq!(kept.note.as_deref(), Some("no olives"));
    assert_eq!(kept.phone.as_deref(), Some("+39 081 5550100"));
    let heard = heard(&host);
    assert_eq!(heard["customerName"], "Ada");
    assert_eq!(heard["note"], "no olives");
    assert_eq!(heard["promisedAt"], kept.created_at + 45 * 60_000);
    assert_eq!(heard["phone"], Value::Null, "nobody calls from the kitchen");
    // Whoever follows an order may be anybody with its link.
    let told = Value::from(host.published("order-events")).to_string();
    assert!(!told.contains("Ada") && !told.contains("olives"), "{told}");
}

/// The manager sees it; brokers are for more people, and leave it out (`bridge/src/mappings.toml`).
#[test]
fn what_never_changes_is_told_to_the_restaurant_once() {
    let (host, mut order) = placed();
    chef_takes_it_to(&host, &mut order, CookStep::Baking);
    let told = host.published("restaurant-orders");
    assert!(told.len() >= 3, "{told:?}");
    let what = ["items", "customerName", "note"];
    assert!(
        what.iter().all(|name| !told[0][name].is_null()),
        "{}",
        told[0]
    );
    assert_eq!(
        told[0]["phone"],
        Value::Null,
        "the manager asks the order for it"
    );
    for later in &told[1..] {
        assert!(what.iter().all(|name| later[name].is_null()), "{later}");
    }
}

#[test]
fn what_is_in_the_oven_is_lost_when_its_kitchen_says_so() {
    let (host, mut order) = placed();
    chef_takes_it_to(&host, &mut order, CookStep::Baking);
    for stranger in [None, Some(("kitchen", "roma")), Some(("chef", "napoli.1"))] {
        host.set_caller(stranger);
        let refused = order.burn(RemakeReason::Dropped);
        assert!(matches!(refused, Err(Refusal::Conflict(_))), "{stranger:?}");
    }
    host.set_caller(Some(("kitchen", "napoli")));
    let burned = order.burn(RemakeReason::Dropped).unwrap();
    assert_eq!((burned.status, burned.remakes), (Status::Preparing, 1));
    assert_eq!(burned.remake_reason, Some(RemakeReason::Dropped));
    let heard = heard(&host);
    assert_eq!(
        (&heard["waits"], &heard["front"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(heard["remakeReason"], "dropped");
    // What was in the oven is not there to be lost any more, and the chef's step is of that round.
    assert!(order.burn(RemakeReason::Oven).is_err());
    host.set_caller(Some(("chef", "napoli.1")));
    let late = order.cook(CookStep::Ready, 0).unwrap();
    assert_eq!(late.status, Status::Preparing);
    order.cook(CookStep::Began, 1).unwrap();
    order.cook(CookStep::Baking, 1).unwrap();
    let burned = order.cook(CookStep::Burned, 1).unwrap();
    assert_eq!(burned.remake_reason, Some(RemakeReason::Oven));
}

#[test]
fn what_people_prepare_goes_back_to_the_queue_and_what_a_chef_prepares_does_not() {
    let (host, mut order) = placed();
    order.update_status(Status::Preparing, None, None).unwrap();
    assert!(order.requeue().is_err(), "only the kitchen says so");
    host.set_caller(Some(("kitchen", "napoli")));
    let before = order.get().unwrap().version;
    let back = order.requeue().unwrap();
    assert_eq!((back.status, back.version), (Status::Preparing, before + 1));
    let told = heard(&host);
    assert_eq!(
        (&told["waits"], &told["front"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        order.requeue().unwrap().version,
        before + 1,
        "it waits already"
    );
    chef_takes_it_to(&host, &mut order, CookStep::Began);
    assert!(matches!(order.requeue(), Err(Refusal::Conflict(_))));
}

#[test]
fn what_was_put_back_is_begun_again_by_whoever_saw_it_wait() {
    let (host, mut order) = placed();
    order.update_status(Status::Preparing, None, None).unwrap();
    host.set_caller(Some(("kitchen", "napoli")));
    let waits = order.requeue().unwrap().version;
    host.set_caller(None);
    // The first start, which comes late or twice, does not mean this one.
    for earlier in [Some(Status::Created), None] {
        let late = order.update_status(Status::Preparing, None, earlier);
        assert_eq!(late.unwrap().version, waits, "{earlier:?}");
        assert_eq!(heard(&host)["waits"], true);
    }
    let again = |order: &mut Order| {
        let from = Some(Status::Preparing);
        order.update_status(Status::Preparing, None, from).unwrap()
    };
    let begun = again(&mut order);
    assert_eq!(
        (begun.status, begun.version),
        (Status::Preparing, waits + 1)
    );
    let told = heard(&host);
    assert_eq!(
        (&told["waits"], &told["version"]),
        (&json!(false), &json!(waits + 1))
    );
    assert_eq!(again(&mut order).version, waits + 1, "somebody has it");
    order
        .update_status(Status::Baking, None, Some(Status::Preparing))
        .unwrap();
    // Nor is it taken from a chef who has begun it.
    host.set_caller(Some(("kitchen", "napoli")));
    order.burn(RemakeReason::Dropped).unwrap();
    host.set_caller(Some(("chef", "napoli.1")));
    let theirs = order.cook(CookStep::Began, 1).unwrap().version;
    host.set_caller(None);
    assert_eq!(again(&mut order).version, theirs);
    host.set_caller(Some(("chef", "napoli.1")));
    let baking = order.cook(CookStep::Baking, 1).unwrap();
    assert_eq!(baking.status, Status::Baking);
}

#[test]
fn burned_three_times_it_is_cancelled_and_the_customer_gets_the_money_back() {
    let (host, mut order) = placed();
    host.set_caller(Some(("chef", "napoli.1")));
    for round in 0..3 {
        order.cook(CookStep::Began, round).unwrap();
        order.cook(CookStep::Baking, round).unwrap();
        let burned = order.cook(CookStep::Burned, round).unwrap();
        let is_last = round == 2;
        let expected = if is_last {
            (Status::Cancelled, 2, true)
        } else {
            (Status::Preparing, round + 1, false)
        };
        assert_eq!((burned.status, burned.remakes, burned.refund), expected);
    }
    assert_eq!(heard(&host)["status"], "cancelled");
}

/// A start that was tapped without a network, and arrives when a chef has put it into the oven.
#[test]
fn a_step_from_where_the_order_is_not_any_more_changes_nothing() {
    let (host, mut order) = placed();
    chef_takes_it_to(&host, &mut order, CookStep::Baking);
    let before = order.get().unwrap().version;
    host.clear_effects();
    let late = order.update_status(Status::Preparing, None, Some(Status::Created));
    let Err(Refusal::Conflict(conflict)) = late else {
        panic!("{late:?}");
    };
    assert_eq!(conflict.current.as_deref(), Some("baking"));
    assert_eq!(conflict.message, "it is baking, and not created any more");
    let now = order.get().unwrap();
    assert_eq!((now.version, now.remakes), (before, 0));
    assert!(host.published("order-events").is_empty());
    // Where it is to be, it may be already.
    let again = order.update_status(Status::Baking, None, Some(Status::Preparing));
    assert_eq!(again.unwrap().version, before);
    let next = order.update_status(Status::Ready, None, Some(Status::Baking));
    assert_eq!(next.unwrap().status, Status::Ready);
}

#[test]
fn its_kitchen_hears_that_it_has_left() {
    let (host, mut order) = placed();
    chef_takes_it_to(&host, &mut order, CookStep::Baking);
    host.set_caller(Some(("chef", "napoli.1")));
    order.cook(CookStep::Ready, 0).unwrap();
    host.set_caller(Some(("driver", "ada")));
    order.assign_driver("ada".to_owned(), None).unwrap();
    order
        .update_status(Status::OutForDelivery, None, None)
        .unwrap();
    assert_eq!(heard(&host)["status"], "outForDelivery");
    host.clear_effects();
    order.confirm_delivery(None).unwrap();
    assert!(host.published("kitchen-orders").is_empty());
}

/// What a module before this one has kept.
#[test]
fn an_order_of_an_older_module_is_read() {
    let older = json!({"o": {
        "orderId": "order-1", "customerId": "c", "restaurantId": "napoli", "items": [],
        "totalCents": 0, "status": "baking", "remakes": 1, "late": false, "refund": false,
        "createdAt": 0, "updatedAt": 0, "version": 4,
    }, "c": 2, "h": {"chef": "napoli.1"}});
    let order: Order = state::decode(&state::encode(&older)).unwrap();
    let order = order.get().unwrap();
    assert_eq!((order.version, order.remakes), (4, 1));
    assert_eq!(
        (order.customer_name, order.note, order.phone),
        (None, None, None)
    );
    assert_eq!(order.remake_reason, None);
}
