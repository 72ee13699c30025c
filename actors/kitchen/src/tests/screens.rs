//! What screens of the kitchen see, and what cooks say on them.

use std::cell::Cell;
use std::rc::Rc;

use silo_sdk::json::{Value, json};
use silo_sdk::state;
use silo_sdk::testing::{ok, refused};

use super::*;
use crate::bindings::types::{Severity, Status};

/// An event as an order of this version tells it; `more` has what differs.
fn news(order_id: &str, version: u64, status: &str, more: Value) -> stream_events::Event {
    let mut payload = json!({
        "orderId": order_id, "version": version, "status": status,
        "waits": status == "created", "front": false, "at": 1_000 * version, "remakes": 0,
        "late": false, "promisedAt": 2_701_000, "customerName": "Ada", "note": "no olives",
        "items": [{"pizzaType": "Margherita", "quantity": 2, "unitPriceCents": 900}],
    });
    for (name, value) in more.as_object().unwrap() {
        payload[name] = value.clone();
    }
    stream_events::Event {
        name: order_event::STREAM.to_owned(),
        position: version,
        payload: payload.to_string(),
    }
}

fn hears(kitchen: &mut Kitchen, order_id: &str, version: u64, status: &str, more: Value) {
    kitchen.on_events(vec![news(order_id, version, status, more)]);
}

/// Of what kinds the events are that screens have heard since the last look.
fn told(host: &Host) -> Vec<String> {
    let events = host.published("kitchen-events");
    host.clear_effects();
    let kind = |event: Value| {
        let mut names = event
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| *name != "at");
        names.next().unwrap().clone()
    };
    events.into_iter().map(kind).collect()
}

/// The last that screens have heard of an order.
fn told_of(host: &Host, order_id: &str) -> Value {
    let events = host.published("kitchen-events").into_iter();
    let mut tickets = events.map(|event| event["ticket"].clone());
    let ours = |ticket: &Value| ticket["orderId"] == order_id;
    tickets.rfind(ours).unwrap()
}

#[test]
fn a_ticket_tells_how_far_it_is_from_the_queue_to_the_door() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    hears(&mut kitchen, "a", 1, "created", json!({}));
    let waiting = &kitchen.display().queue[0];
    assert_eq!((waiting.status, waiting.version), (Status::Created, 1));
    assert_eq!(
        (waiting.received_at, waiting.promised_at),
        (1_000, 2_701_000)
    );
    assert_eq!(waiting.customer_name.as_deref(), Some("Ada"));
    assert_eq!(waiting.note.as_deref(), Some("no olives"));
    assert_eq!((waiting.started_at, &waiting.chef_id), (None, &None));
    assert_eq!(told(&host), ["ticket"]);

    host.set_now_ms(1_500);
    kitchen.clock_in("1".to_owned()).unwrap();
    assert_eq!(told(&host), ["station", "ticket", "station"]);
    let theirs = json!({"chefId": "napoli.1", "by": "napoli.1"});
    hears(&mut kitchen, "a", 2, "preparing", theirs.clone());
    hears(&mut kitchen, "a", 3, "baking", theirs.clone());
    let baking = &kitchen.display().active[0];
    assert_eq!(
        (baking.started_at, baking.baking_at),
        (Some(1_500), Some(3_000))
    );
    assert_eq!(baking.chef_id.as_deref(), Some("napoli.1"));
    assert_eq!(told(&host), ["ticket", "ticket"]);
    // It stands in the oven for too long.
    let late = json!({"chefId": "napoli.1", "late": true});
    hears(&mut kitchen, "a", 4, "baking", late);
    assert!(kitchen.display().active[0].late);
    assert_eq!(told_of(&host, "a")["late"], true);

    hears(&mut kitchen, "a", 5, "ready", json!({"by": "napoli.1"}));
    let display = kitchen.display();
    assert!(display.active.is_empty() && display.queue.is_empty());
    assert_eq!(display.ready[0].ready_at, Some(5_000));
    assert_eq!(told_of(&host, "a")["readyAt"], 5_000);
    hears(&mut kitchen, "a", 6, "outForDelivery", json!({}));
    assert_eq!(kitchen.display().ready[0].status, Status::OutForDelivery);
    assert_eq!(told_of(&host, "a")["status"], "outForDelivery");
}

#[test]
fn the_last_twenty_that_were_ready_are_kept_the_newest_first() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    for number in 1..=25 {
        hears(
            &mut kitchen,
            &format!("o{number}"),
            number,
            "ready",
            json!({}),
        );
    }
    let ready = kitchen.display().ready;
    assert_eq!((ready.len(), &*ready[0].order_id), (20, "o25"));
    assert_eq!(ready[19].order_id, "o6");
    let kept = host.entries().len();
    assert_eq!(kept, 20, "the others have left the store");
    // Nobody shows that one any more.
    host.clear_effects();
    hears(&mut kitchen, "o1", 30, "outForDelivery", json!({}));
    assert!(told(&host).is_empty());
}

#[test]
fn what_people_make_by_hand_is_shown_until_it_is_done() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    hears(&mut kitchen, "a", 1, "created", json!({}));
    hears(&mut kitchen, "a", 2, "preparing", json!({}));
    hears(&mut kitchen, "a", 3, "baking", json!({}));
    let display = kitchen.display();
    assert_eq!((display.queue.len(), display.active.len()), (0, 1));
    assert_eq!(display.active[0].status, Status::Baking);
    assert_eq!(display.active[0].chef_id, None);
    hears(&mut kitchen, "a", 4, "cancelled", json!({}));
    assert!(kitchen.display().active.is_empty() && host.entries().is_empty());
    assert_eq!(told_of(&host, "a")["status"], "cancelled");
}

fn order_state(status: &str, version: u64, remakes: u32) -> Value {
    json!({
        "orderId": "a", "customerId": "c", "restaurantId": "napoli", "items": [],
        "totalCents": 0, "status": status, "remakes": remakes, "late": false, "refund": false,
        "createdAt": 0, "updatedAt": 0, "version": version, "remakeReason": "dropped",
    })
}

#[test]
fn what_is_lost_in_the_oven_is_lost_by_its_order() {
    let host = kitchen();
    host.answer("order", "burn", |_, arguments| {
        assert_eq!(arguments["reason"], "dropped");
        ok(order_state("preparing", 4, 1))
    });
    let mut kitchen = Kitchen::default();
    kitchen.clock_in("1".to_owned()).unwrap();
    hears(&mut kitchen, "a", 1, "created", json!({}));
    let theirs = json!({"chefId": "napoli.1", "by": "napoli.1"});
    hears(&mut kitchen, "a", 3, "baking", theirs);
    let burn =
        |kitchen: &mut Kitchen, order: &str| kitchen.burn(order.to_owned(), RemakeReason::Dropped);
    let ticket = burn(&mut kitchen, "a").unwrap();
    assert_eq!((ticket.remakes, ticket.version), (1, 4));
    assert_eq!(ticket.remake_reason, Some(RemakeReason::Dropped));
    // Of another kitchen, or of none.
    assert!(matches!(burn(&mut kitchen, "x"), Err(Refusal::NotFound(_))));
    host.answer("order", "burn", |_, _| {
        refused(json!({"conflict": {"message": "no", "allowed": []}}))
    });
    assert!(matches!(burn(&mut kitchen, "a"), Err(Refusal::Conflict(_))));
    // The order itself tells that it waits again, and the chef lets go of the earlier round.
    let again = json!({"waits": true, "front": true, "remakes": 1, "remakeReason": "dropped"});
    hears(&mut kitchen, "a", 4, "preparing", again);
    assert_eq!(host.sent_to("chef", "abandon")[0].arguments["round"], 0);
    let again = &kitchen.display().active[0];
    assert_eq!((again.remakes, again.baking_at), (1, None));
    assert_eq!(again.remake_reason, Some(RemakeReason::Dropped));
}

#[test]
fn an_order_that_is_requeue_comes_after_the_next_one() {
    let host = kitchen();
    let asked = Rc::new(Cell::new(0));
    let count = Rc::clone(&asked);
    host.answer("order", "requeue", move |_, _| {
        count.set(count.get() + 1);
        ok(order_state("created", 2, 0))
    });
    let mut kitchen = Kitchen::default();
    kitchen.clock_in("1".to_owned()).unwrap();
    for (version, order) in [(1, "a"), (2, "b"), (3, "c")] {
        hears(&mut kitchen, order, version, "created", json!({}));
    }
    let theirs = json!({"chefId": "napoli.1", "by": "napoli.1"});
    hears(&mut kitchen, "a", 4, "preparing", theirs);
    assert_eq!(
        kitchen.requeue("b".into()).unwrap().place,
        Some(2),
        "it waits anyway"
    );
    assert_eq!(
        asked.get(),
        1,
        "that it was begun by hand may not be known here yet"
    );
    kitchen.requeue("a".into()).unwrap();
    let sent = &host.sent_to("chef", "requeue")[0];
    assert_eq!(
        (&*sent.key, &sent.arguments["orderId"]),
        ("napoli.1", &json!("a"))
    );
    let back = json!({"waits": true, "front": true, "by": "napoli.1"});
    hears(&mut kitchen, "a", 5, "preparing", back);
    let orders: Vec<_> = assigned(&host)
        .into_iter()
        .map(|(_, order)| order)
        .collect();
    assert_eq!(orders, ["a", "b"]);
    let queue: Vec<_> = kitchen
        .display()
        .queue
        .into_iter()
        .map(|t| t.order_id)
        .collect();
    assert_eq!(queue, ["a", "c"], "it is the next one");
    hears(
        &mut kitchen,
        "b",
        6,
        "baking",
        json!({"chefId": "napoli.1", "by": "napoli.1"}),
    );
    assert!(matches!(
        kitchen.requeue("b".into()),
        Err(Refusal::Conflict(_))
    ));
    assert!(matches!(
        kitchen.requeue("x".into()),
        Err(Refusal::NotFound(_))
    ));
}

#[test]
fn an_order_goes_to_the_chef_who_is_named() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    hears(&mut kitchen, "a", 1, "created", json!({}));
    kitchen.clock_in("1".to_owned()).unwrap();
    kitchen.clock_in("2".to_owned()).unwrap();
    hears(
        &mut kitchen,
        "a",
        2,
        "preparing",
        json!({"chefId": "napoli.1", "by": "napoli.1"}),
    );
    kitchen.assign("a".into(), "2".into()).unwrap();
    assert_eq!(host.sent_to("chef", "requeue")[0].key, "napoli.1");
    let back = json!({"waits": true, "front": true, "by": "napoli.1"});
    hears(&mut kitchen, "a", 3, "preparing", back);
    let last = assigned(&host).pop().unwrap();
    assert_eq!(last, ("napoli.2".to_owned(), "a".to_owned()));
    assert_eq!(
        kitchen
            .assign("a".into(), "napoli.2".into())
            .unwrap()
            .version,
        3,
        "has it already"
    );
    // By hand: the order frees it.
    host.answer("order", "requeue", |_, _| {
        ok(order_state("preparing", 6, 0))
    });
    hears(&mut kitchen, "b", 4, "created", json!({}));
    hears(&mut kitchen, "c", 4, "created", json!({}));
    hears(&mut kitchen, "c", 5, "preparing", json!({}));
    assert!(
        matches!(
            kitchen.assign("c".into(), "1".into()),
            Err(Refusal::Conflict(_))
        ),
        "has b"
    );
    finish(&mut kitchen, "napoli.1", "b");
    assert_eq!(kitchen.assign("c".into(), "1".into()).unwrap().version, 6);
    hears(
        &mut kitchen,
        "c",
        6,
        "preparing",
        json!({"waits": true, "front": true}),
    );
    let last = assigned(&host).pop().unwrap();
    assert_eq!(last, ("napoli.1".to_owned(), "c".to_owned()));
    for (order, chef) in [("x", "1"), ("a", "9")] {
        assert!(matches!(
            kitchen.assign(order.into(), chef.into()),
            Err(Refusal::NotFound(_))
        ));
    }
    kitchen.clock_out("2".to_owned()).unwrap();
    assert!(matches!(
        kitchen.assign("c".into(), "2".into()),
        Err(Refusal::Conflict(_))
    ));
}

#[test]
fn whoever_sees_an_alert_first_is_remembered() {
    let host = kitchen();
    let mut kitchen = Kitchen::default();
    for kind in ["overheat", "smoke"] {
        kitchen
            .report_alert(kind.to_owned(), "500 degrees".to_owned())
            .unwrap();
    }
    let alerts = kitchen.status().alerts;
    assert_eq!((alerts[0].id, alerts[1].id), (Some(1), Some(2)));
    assert_eq!(alerts[0].severity, Some(Severity::Critical));
    assert_eq!(alerts[1].severity, Some(Severity::Warning));
    assert_eq!(alerts[0].source.as_deref(), Some("kitchen/napoli"));
    host.set_now_ms(7_000);
    assert_eq!(told(&host), ["alert", "alert"]);
    kitchen.see_alert(1, "kitchen/napoli".to_owned()).unwrap();
    let again = kitchen.see_alert(1, "manager/napoli".to_owned()).unwrap();
    assert_eq!(again.seen_by.as_deref(), Some("kitchen/napoli"));
    assert_eq!(again.seen_at, Some(7_000));
    assert_eq!(told(&host), ["alert"]);
    assert!(matches!(
        kitchen.see_alert(9, "x/y".to_owned()),
        Err(Refusal::NotFound(_))
    ));
    assert!(kitchen.see_alert(2, String::new()).is_err());
    for _ in 0..60 {
        kitchen
            .report_alert("smoke".to_owned(), "again".to_owned())
            .unwrap();
    }
    let alerts = kitchen.status().alerts;
    assert_eq!(
        (alerts.len(), alerts[49].id),
        (50, Some(62)),
        "no number twice"
    );
}

#[test]
fn an_oven_is_judged_by_how_hot_it_should_be() {
    let host = kitchen();
    host.set_config("oven-max", "450");
    let mut kitchen = Kitchen::default();
    for (degrees, is_too_hot) in [(450.0, false), (451.0, true)] {
        kitchen
            .report_oven("left".to_owned(), degrees, None)
            .unwrap();
        let oven = &kitchen.status().ovens[0];
        assert_eq!((oven.min, oven.max), (Some(200.0), Some(450.0)));
        assert_eq!(oven.is_too_hot, Some(is_too_hot));
    }
    let oven = host.published("kitchen-events").pop().unwrap();
    assert_eq!(oven["oven"]["isTooHot"], true);
}

/// What a module before this one has kept: tickets, readings and alerts with fewer fields.
#[test]
fn a_state_of_an_older_module_is_read() {
    let host = kitchen();
    let ticket = json!({"orderId": "a", "receivedAt": 5, "remakes": 1,
        "items": [{"pizzaType": "Marinara", "quantity": 1, "unitPriceCents": 700}]});
    let older = json!({
        "q": {"f": 1_u64 << 62, "b": (1_u64 << 62) + 1, "n": 0},
        "c": {"napoli.1": {"s": true, "t": ticket, "i": 9, "r": null, "n": 3, "f": []}},
        "o": {"left": {"ovenId": "left", "temperature": 300.0, "timer": null, "at": 4}},
        "a": [{"kind": "smoke", "message": "in the hall", "at": 3}],
        "t": {}, "p": 2,
    });
    let mut kitchen: Kitchen = state::decode(&state::encode(&older)).unwrap();
    let display = kitchen.display();
    let ticket = &display.active[0];
    assert_eq!((&*ticket.order_id, ticket.remakes), ("a", 1));
    assert_eq!(ticket.promised_at, 5 + 45 * 60_000);
    assert_eq!(display.status.ovens[0].is_too_hot, Some(false));
    assert_eq!(display.status.alerts[0].id, Some(1));
    kitchen.see_alert(1, "kitchen/napoli".to_owned()).unwrap();
    kitchen
        .report_alert("smoke".to_owned(), "still".to_owned())
        .unwrap();
    assert_eq!(kitchen.status().alerts[1].id, Some(2));
    // An order of an older module tells less.
    let ready = json!({"orderId": "a", "version": 7, "status": "ready", "waits": false,
        "front": false, "by": "napoli.1", "items": [], "at": 8, "remakes": 1});
    kitchen.on_events(vec![stream_events::Event {
        name: order_event::STREAM.to_owned(),
        position: 1,
        payload: ready.to_string(),
    }]);
    assert_eq!(kitchen.display().ready[0].ready_at, Some(8));
    drop(host);
}
