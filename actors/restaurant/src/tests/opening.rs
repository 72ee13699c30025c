//! Until when a restaurant is open, and why it is not.

use std::time::Duration;

use super::*;
use crate::opening::CLOSE;

const HOUR_MS: u64 = 3_600_000;

fn why(reason: &str) -> Option<String> {
    Some(reason.to_owned())
}

/// Where something is wrong with it.
fn pointers(refused: Result<RestaurantState, Refusal>) -> Vec<String> {
    match refused {
        Err(Refusal::Invalid(violations)) => violations.into_iter().map(|v| v.pointer).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_closes_by_itself_when_it_was_to_and_nobody_has_said_otherwise() {
    let (host, mut restaurant) = open(&[]);
    let until = host.now_ms() + HOUR_MS;
    let state = restaurant.set_open(true, Some(until), None).unwrap();
    assert_eq!(state.open_until, Some(until));
    // Too early, as after a reminder that was replaced by a later one.
    restaurant.on_reminder(CLOSE.to_owned(), host.now_ms(), 0);
    assert!(restaurant.get().unwrap().profile.open);
    host.advance(Duration::from_millis(HOUR_MS));
    let told = host.sent_to("inventory", "set-open").len();
    restaurant.on_reminder(CLOSE.to_owned(), until, 0);
    let state = restaurant.get().unwrap();
    assert!(!state.profile.open && state.open_until.is_none());
    assert_eq!(host.sent_to("inventory", "set-open").len(), told + 1);
    restaurant.set_open(true, None, None).unwrap();
    restaurant.on_reminder(CLOSE.to_owned(), until, 0);
    assert!(restaurant.get().unwrap().profile.open);
}

#[test]
fn it_says_why_it_is_closed_until_it_opens() {
    let (host, mut restaurant) = open(&[]);
    restaurant
        .set_open(false, None, why("the oven is cold"))
        .unwrap();
    // What its owner says of it besides changes nothing of that.
    let mut elsewhere = profile(&[]);
    elsewhere.open = false;
    let state = restaurant.configure(elsewhere).unwrap();
    assert_eq!(state.closed_reason, why("the oven is cold"));
    let state = restaurant.configure(profile(&[])).unwrap();
    assert_eq!((state.closed_reason, state.open_until), (None, None));
    let long = "x".repeat(201);
    let past = Some(host.now_ms());
    let far = Some(host.now_ms() + 400 * 24 * HOUR_MS);
    for (open, until, reason, wrong) in [
        (false, None, why(&long), "/reason"),
        (false, None, why("two\nlines"), "/reason"),
        (true, None, why("none is needed"), "/open"),
        (false, Some(host.now_ms() + 1), None, "/until"),
        (true, past, None, "/until"),
        (true, far, None, "/until"),
    ] {
        assert_eq!(pointers(restaurant.set_open(open, until, reason)), [wrong]);
    }
    assert!(restaurant.get().unwrap().profile.open);
}

#[test]
fn it_closes_also_where_the_reminder_fires_while_the_date_is_behind() {
    let (host, mut restaurant) = open(&[]);
    let until = host.now_ms() + HOUR_MS;
    restaurant.set_open(true, Some(until), None).unwrap();
    assert_eq!(host.advance(Duration::from_millis(HOUR_MS)).len(), 1);
    assert!(!host.reminders().contains_key(CLOSE), "it fires once");
    // Another silo has the actor by now.
    host.set_now_ms(until - 300);
    restaurant.on_reminder(CLOSE.to_owned(), until, 0);
    assert!(restaurant.get().unwrap().profile.open);
    assert_eq!(host.reminders()[CLOSE].due_ms, until);
    assert_eq!(host.advance(Duration::from_millis(300)).len(), 1);
    restaurant.on_reminder(CLOSE.to_owned(), until, 0);
    assert!(!restaurant.get().unwrap().profile.open);
    assert!(!host.reminders().contains_key(CLOSE));
}
