//! Receivers that are away, or refuse.

use std::time::Duration;

use serde_json::json;

use crate::common::operator::{complained, json_of, succeeded};
use crate::common::until;
use crate::webhooks::receiver::{Delivery, Receiver};
use crate::webhooks::world::{World, ready, section};

fn positions(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries.iter().map(Delivery::position).collect()
}

fn answer(status: u16) -> (u16, String) {
    (status, String::new())
}

#[test]
fn a_receiver_that_was_away_hears_of_everything_in_order() {
    let mut receiver = Receiver::start();
    let world = World::new(&section(&receiver, ""));
    receiver.away();
    for _ in 0..3 {
        ready(&world.pizza);
    }
    let stands = world.until("it to be tried again", |webhook| {
        webhook["attempts"].as_u64() > Some(1) && webhook["lag"].as_u64() > Some(0)
    });
    assert_eq!(stands["state"], "retrying", "{stands}");
    let error = stands["lastError"].as_str().expect("an error");
    assert!(error.contains("nobody answers at 127.0.0.1"), "{error}");
    receiver.back();
    world.until("all to be told", |webhook| webhook["lag"] == 0);
    let expected = world.positions();
    assert!(expected.len() >= 9, "{expected:?}");
    assert_eq!(positions(&receiver.deliveries()), expected);
    let stands = world.until("it to be well", |webhook| webhook["state"] == "on");
    assert_eq!(stands["delivered"], json!(expected.len()), "{stands}");
    let metrics = world.pizza.get("/metrics").text();
    let line = format!(
        "pizza_webhook_attempts_total{{webhook=\"hook\",result=\"acknowledged\"}} {}",
        expected.len()
    );
    assert!(metrics.contains(&line), "{metrics}");
}

#[test]
fn what_fails_is_tried_again_with_the_same_id_and_not_before_it_is_asked_for() {
    let receiver = Receiver::start();
    let mut count = 0;
    receiver.answers(move |_| {
        count += 1;
        match count {
            1 => answer(500),
            2 => (503, "retry-after: 1\r\n".to_owned()),
            _ => answer(200),
        }
    });
    let world = World::new(&section(&receiver, ""));
    world.pizza.order();
    receiver.acknowledged(1);
    let tried = receiver.deliveries();
    let statuses: Vec<u16> = tried.iter().take(3).map(|told| told.status).collect();
    assert_eq!(statuses, [500, 503, 200]);
    assert!(tried.iter().take(3).all(|told| told.id == tried[0].id));
    let first = tried[1].at.duration_since(tried[0].at);
    assert!(first < Duration::from_millis(900), "{first:?}");
    let second = tried[2].at.duration_since(tried[1].at);
    assert!(second >= Duration::from_secs(1), "{second:?}");
}

#[test]
fn what_is_never_taken_becomes_a_dead_letter_and_what_is_behind_goes_on() {
    let receiver = Receiver::start();
    let refused = |told: &Delivery| told.json["data"]["status"] == "created";
    receiver.answers(move |told| answer(if refused(told) { 422 } else { 204 }));
    let world = World::new(&section(&receiver, "attempts = 3"));
    let order = ready(&world.pizza);
    let letters = until("a dead letter", || {
        Some(world.letters()).filter(|letters| !letters.is_empty())
    });
    let letter = &letters[0];
    assert_eq!((letters.len(), &letter["attempts"]), (1, &json!(3)));
    assert!(
        letter["error"]
            .as_str()
            .is_some_and(|error| error.contains("422")),
        "{letter}"
    );
    let tried = receiver.deliveries();
    assert_eq!(tried.iter().filter(|told| refused(told)).count(), 3);
    until("what is behind", || {
        let all = receiver.deliveries();
        all.iter()
            .any(|told| told.json["data"]["status"] == "ready")
            .then_some(())
    });

    let id = letter["id"].as_str().expect("an id").to_owned();
    assert!(tried.iter().any(|told| told.id == id));
    let shown = json_of(&world.verb(&["webhook", "show", "hook", &id, "--json"]));
    assert_eq!(shown["message"]["data"]["orderId"], json!(order));
    // Not as long as the receiver does not take it.
    let told = complained(&world.verb(&["webhook", "replay", "hook", &id]));
    assert!(told.contains("stay"), "{told}");
    assert_eq!(world.letters()[0]["attempts"], 4);
    receiver.answers(|_| answer(204));
    let told = succeeded(&world.verb(&["webhook", "replay", "hook", "--all"]));
    assert!(told.contains("1 posted, 0 failed"), "{told}");
    let last = receiver.deliveries().pop().expect("a delivery");
    assert_eq!((last.id, last.status), (id, 204));
    assert!(world.letters().is_empty());
}

#[test]
fn a_receiver_that_is_gone_is_left_alone_until_an_operator_says_so() {
    let receiver = Receiver::start();
    receiver.answers(|_| answer(410));
    let world = World::new(&section(&receiver, ""));
    ready(&world.pizza);
    let stands = world.until("it to be off", |webhook| webhook["state"] == "off");
    let why = stands["offBecause"].as_str().expect("a reason");
    assert!(why.contains("410"), "{why}");
    let letters = world.letters();
    assert_eq!(letters.len(), 1);
    // It stays off, also for the next process.
    receiver.answers(|_| answer(204));
    let world = world.restart(&section(&receiver, ""));
    ready(&world.pizza);
    assert_eq!(world.webhook()["state"], "off");
    assert_eq!(receiver.deliveries().len(), 1);
    succeeded(&world.verb(&["webhook", "switch-on", "hook"]));
    let expected = world.positions();
    let mut told = until("all to be told", || {
        let told = positions(&receiver.deliveries());
        (told.len() >= expected.len()).then_some(told)
    });
    assert_eq!(
        told.remove(0),
        letters[0]["position"].as_u64().expect("a position")
    );
    assert_eq!(told, expected[1..]);
    let dropped = succeeded(&world.verb(&["webhook", "drop", "hook", "--all"]));
    assert!(dropped.contains("1 dropped"), "{dropped}");
    assert!(world.letters().is_empty());
}
