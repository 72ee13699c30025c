//! Somebody sets the date of the machine while pizzas bake.
//!
//! libfaketime stands between the process and the machine's date, and reads from a file how
//! far apart they are; the clock that never goes back is left alone, as on a real machine.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::common::{Pizza, now_ms, until};

const HOUR_MS: i64 = 3_600_000;
/// How far a date may be from what was set, on a machine with other work.
const NEAR_MS: i64 = 120_000;
/// Four seconds of preparing, eight in the oven.
const SPEED: &[&str] = &["--speed", "60", "--mqtt", "off"];

/// A machine with a date of its own, a restart of which keeps its disk.
struct Machine {
    disk: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            disk: tempfile::tempdir().expect("a directory"),
        };
        machine.set_date(0);
        machine
    }

    fn offset(&self) -> PathBuf {
        self.disk.path().join("offset")
    }

    /// Hours between the machine's date and the true one. Renamed into place, so that the
    /// process never reads half a file.
    fn set_date(&self, hours: i64) {
        let new = self.disk.path().join("offset.new");
        let seconds = hours * HOUR_MS / 1_000;
        std::fs::write(&new, format!("{seconds:+}\n")).expect("a file");
        std::fs::rename(&new, self.offset()).expect("a file");
    }

    fn start(&self) -> Pizza {
        self.start_logged(Stdio::inherit())
    }

    fn start_logged(&self, log: Stdio) -> Pizza {
        let data = self.disk.path().join("data");
        Pizza::start_dated(&self.offset(), &data, SPEED, log)
    }
}

fn status(pizza: &Pizza, order: &str) -> String {
    let answer = pizza.get(&format!("/api/orders/{order}"));
    assert_eq!(answer.status, 200, "{order}: {}", answer.text());
    answer.json()["status"].as_str().expect("a word").to_owned()
}

fn wait(pizza: &Pizza, order: &str, wanted: &str) {
    until(&format!("{order} to be {wanted}"), || {
        (status(pizza, order) == wanted).then_some(())
    });
}

/// Of a time such as `2026-11-28T05:32:12.913Z`; Debian's `date` knows the calendar.
fn since_1970_ms(time: &str) -> i64 {
    let output = Command::new("date").args(["-d", time, "+%s%3N"]).output();
    let output = output.expect("date runs");
    assert!(output.status.success(), "{time}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("digits");
    text.trim().parse().expect("a number")
}

/// An order of the date as it is now; it says so itself.
fn order_dated(pizza: &Pizza, hours: i64) -> String {
    let order = pizza.order();
    let told = pizza.get(&format!("/api/orders/{order}")).json();
    let created = told["createdAt"].as_str().expect("a date");
    let true_ms = i64::try_from(now_ms()).expect("a date");
    let apart_ms = since_1970_ms(created) - true_ms - hours * HOUR_MS;
    assert!(
        apart_ms.abs() < NEAR_MS,
        "an order after the date was set {hours} h from the true one is {apart_ms} ms off"
    );
    order
}

#[test]
fn orders_in_the_oven_go_on_and_new_ones_follow_the_date_when_it_is_set_back_and_forward() {
    let machine = Machine::new();
    let pizza = machine.start();
    for hours in [-1, 2, 0] {
        let baking = pizza.order();
        wait(&pizza, &baking, "baking");
        machine.set_date(hours);
        let after = order_dated(&pizza, hours);
        wait(&pizza, &baking, "ready");
        wait(&pizza, &after, "ready");
    }
}

#[test]
fn orders_in_the_oven_are_ready_after_a_restart_with_the_date_an_hour_back_and_forward_again() {
    let machine = Machine::new();
    let mut pizza = machine.start();
    for hours in [-1, 0] {
        let orders = [pizza.order(), pizza.order()];
        for order in &orders {
            wait(&pizza, order, "baking");
        }
        pizza.kill_and_wait();
        machine.set_date(hours);
        let path = machine.disk.path().join("log");
        let log = File::create(&path).expect("a file");
        pizza = machine.start_logged(log.into());
        for order in &orders {
            wait(&pizza, order, "ready");
        }
        let log = std::fs::read_to_string(&path).expect("a log");
        let is_said = log.contains("the date is earlier than when this silo ran last");
        assert_eq!(is_said, hours < 0, "{hours} h: {log}");
        let after = order_dated(&pizza, hours);
        wait(&pizza, &after, "ready");
    }
}

#[test]
fn orders_from_before_and_after_the_date_was_set_back_are_ready_after_a_restart() {
    let machine = Machine::new();
    let mut pizza = machine.start();
    let before = pizza.order();
    wait(&pizza, &before, "baking");
    machine.set_date(-1);
    let after = order_dated(&pizza, -1);
    wait(&pizza, &after, "preparing");
    pizza.kill_and_wait();
    let pizza = machine.start();
    wait(&pizza, &before, "ready");
    wait(&pizza, &after, "ready");
}
