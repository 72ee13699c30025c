//! Processes that die, and a mapping that is nothing but configuration.

use std::path::Path;

use crate::common::probe::{self, notes};
use crate::common::{Pizza, until};
use crate::mqtt_bridge::apart::{Apart, pizzeria};
use crate::mqtt_bridge::broker::Mosquitto;

const DRIVERS: usize = 20;
const ROUNDS: usize = 5;
/// Of each driver in each round.
const EACH: usize = 100;

/// Returns once something said now comes through: a broker keeps nothing for a bridge that it
/// does not know.
fn marked(pizza: &Pizza, data: &Path, mosquitto: &Mosquitto, mark: usize) {
    let note = format!("{{\"note\": \"{mark}\"}}");
    until("the subscription", || {
        mosquitto.publish("drivers/mark/notes", note.as_bytes());
        notes(pizza, data, "mark").contains(&mark).then_some(())
    });
}

/// All drivers at once, each in its order.
fn publish(mosquitto: &Mosquitto, round: usize) {
    std::thread::scope(|scope| {
        for driver in 0..DRIVERS {
            scope.spawn(move || {
                let numbers = round * EACH..(round + 1) * EACH;
                let lines: String = numbers
                    .map(|n| format!("{{\"note\": \"{n}\"}}\n"))
                    .collect();
                let topic = format!("drivers/driver-{driver}/notes");
                mosquitto.publish_lines(&topic, &lines);
            });
        }
    });
}

#[test]
fn each_of_10_000_takes_effect_once_and_in_order_whatever_dies() {
    let mut mosquitto = Mosquitto::start();
    let (pizza, data) = pizzeria(probe::MAPPING);
    probe::push(&pizza, data.path(), data.path());
    let start = |mosquitto: &Mosquitto, mark: usize| {
        let bridge = Apart::start(&pizza, &data, &mosquitto.url(), "apart");
        marked(&pizza, data.path(), mosquitto, mark);
        bridge
    };
    let mut bridge = start(&mosquitto, 0);
    for round in 0..ROUNDS {
        publish(&mosquitto, round);
        if round < 3 {
            bridge.kill();
        }
        // With SIGKILL: what it had not passed on is gone, and so is all that it knew of us.
        mosquitto.kill();
        mosquitto.start_again();
        if round < 3 {
            bridge = start(&mosquitto, round + 1);
        } else {
            marked(&pizza, data.path(), &mosquitto, round + 1);
        }
        // A phone that has not seen what it said come true says it again.
        publish(&mosquitto, round);
        expect(&pizza, data.path(), (round + 1) * EACH);
    }
    bridge.stop();
}

/// Every driver's notes are all numbers up to this, in order.
fn expect(pizza: &Pizza, data: &Path, count: usize) {
    let expected: Vec<usize> = (0..count).collect();
    for driver in 0..DRIVERS {
        let all = until("the last note", || {
            let notes = notes(pizza, data, &format!("driver-{driver}"));
            (notes.last() == expected.last()).then_some(notes)
        });
        assert_eq!(all, expected, "driver {driver}");
    }
}

#[test]
fn what_was_acknowledged_does_not_come_again() {
    const MESSAGES: u64 = 1_000;
    let mosquitto = Mosquitto::start();
    let (pizza, data) = pizzeria(probe::MAPPING);
    probe::push(&pizza, data.path(), data.path());
    let bridge = Apart::start(&pizza, &data, &mosquitto.url(), "apart");
    marked(&pizza, data.path(), &mosquitto, 0);
    let lines: String = (0..MESSAGES)
        .map(|n| format!("{{\"note\": \"{n}\"}}\n"))
        .collect();
    mosquitto.publish_lines("drivers/driver-0/notes", &lines);
    until("the last note", || {
        let notes = notes(&pizza, data.path(), "driver-0");
        (notes.len() as u64 == MESSAGES).then_some(())
    });
    bridge.stop();
    // Of the next run's messages the next is the first.
    let bridge = Apart::start(&pizza, &data, &mosquitto.url(), "apart");
    let last = format!("{{\"note\": \"{MESSAGES}\"}}");
    mosquitto.publish("drivers/driver-0/notes", last.as_bytes());
    until("the next note", || (bridge.handled() > 0).then_some(()));
    assert_eq!(bridge.handled(), 1);
    let notes = notes(&pizza, data.path(), "driver-0");
    assert_eq!(notes.last().copied(), usize::try_from(MESSAGES).ok());
}

#[test]
fn a_mapping_that_is_added_later_is_heard() {
    let mosquitto = Mosquitto::start();
    let (pizza, data) = pizzeria("");
    probe::push(&pizza, data.path(), data.path());
    let bridge = Apart::start(&pizza, &data, &mosquitto.url(), "apart");
    mosquitto.retain("pizza/drivers/d-0/status", "available");
    until("the first subscription", || {
        (pizza.get("/api/drivers/d-0/status").status == 200).then_some(())
    });
    bridge.stop();
    std::fs::write(
        data.path().join("pizza.toml"),
        format!("[bridge]\n{}", probe::MAPPING),
    )
    .expect("a file");
    let _bridge = Apart::start(&pizza, &data, &mosquitto.url(), "apart");
    marked(&pizza, data.path(), &mosquitto, 7);
}
