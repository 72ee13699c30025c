//! The daily report, by the clock on the restaurant's wall.

use std::time::Duration;

use silo_sdk::testing::{Due, Host};

use super::super::*;

const HOUR_MS: u64 = 3_600_000;
/// 28 March 2026, 12:00 UTC, the day before the clocks of Rome go ahead.
const MARCH_28: u64 = 1_774_699_200_000;
/// 24 October 2026, 12:00 UTC, the day before they go back.
const OCTOBER_24: u64 = 1_792_843_200_000;
const DOUGH: &str = "dough";

fn filled(now_ms: u64, zone: Option<&str>) -> (Host, Inventory) {
    let host = Host::new("inventory", "napoli");
    host.set_now_ms(now_ms);
    let mut inventory = Inventory::default();
    if let Some(zone) = zone {
        inventory.set_time_zone(zone.to_owned()).unwrap();
    }
    restock(&mut inventory, 1);
    (host, inventory)
}

fn restock(inventory: &mut Inventory, quantity: u32) {
    let ingredient = DOUGH.to_owned();
    let amounts = vec![Amount {
        ingredient,
        quantity,
    }];
    inventory.restock(amounts).unwrap();
}

/// Hands over what comes due, and says when it did.
fn pass(host: &Host, inventory: &mut Inventory, ms: u64) -> Vec<u64> {
    let mut rung = Vec::new();
    for due in host.advance(Duration::from_millis(ms)) {
        if let Due::Reminder { name, due_ms } = due {
            if name == days::DAILY {
                rung.push(due_ms);
            }
            inventory.on_reminder(name, due_ms, 0);
        }
    }
    rung
}

/// The days that have a report, and what they found of dough, oldest first.
fn reports(inventory: &Inventory) -> Vec<(u32, u32)> {
    let mut reports: Vec<_> = inventory
        .history(90)
        .iter()
        .map(|report| (report.day, report.lines[0].on_hand))
        .collect();
    reports.reverse();
    reports
}

#[test]
fn the_daily_report_is_written_at_midnight_on_the_wall_when_the_clocks_change() {
    for (zone, noon, minutes) in [
        ("UTC", MARCH_28, [12 * 60, 24 * 60, 24 * 60]),
        ("Europe/Rome", MARCH_28, [11 * 60, 23 * 60, 24 * 60]),
        ("Europe/Rome", OCTOBER_24, [10 * 60, 25 * 60, 24 * 60]),
        // 23 April and 28 October: Cairo changes at midnight, the night after.
        (
            "Africa/Cairo",
            MARCH_28 + 26 * 24 * HOUR_MS,
            [10 * 60, 23 * 60, 24 * 60],
        ),
        (
            "Africa/Cairo",
            OCTOBER_24 + 4 * 24 * HOUR_MS,
            [9 * 60, 25 * 60, 24 * 60],
        ),
        // 3 April and 2 October: Lord Howe Island changes by half an hour, two days after.
        (
            "Australia/Lord_Howe",
            MARCH_28 + 6 * 24 * HOUR_MS,
            [60, 24 * 60, 24 * 60 + 30],
        ),
        (
            "Australia/Lord_Howe",
            OCTOBER_24 - 22 * 24 * HOUR_MS,
            [90, 24 * 60, 23 * 60 + 30],
        ),
    ] {
        let (host, mut inventory) = filled(noon, Some(zone));
        let date = inventory.clock.day(noon).number;
        for (number, wait) in (0..).zip(minutes) {
            let rung = pass(&host, &mut inventory, wait * 60_000 - 1);
            assert_eq!(rung, [0_u64; 0], "{zone}: day {number} ended too early");
            restock(&mut inventory, 1);
            let rung = pass(&host, &mut inventory, 1);
            assert_eq!(rung, [host.now_ms()], "{zone}: day {number} did not end");
            let reports = reports(&inventory);
            assert_eq!(reports.len(), number as usize + 1, "{zone}: {reports:?}");
            assert_eq!(
                reports[number as usize],
                (date + number, number + 2),
                "{zone}"
            );
        }
    }
}

#[test]
fn a_report_that_comes_late_is_still_that_of_the_day_that_ended() {
    let (host, mut inventory) = filled(MARCH_28, Some("Europe/Rome"));
    let date = inventory.clock.day(MARCH_28).number;
    host.set_now_ms(MARCH_28 + 11 * HOUR_MS + 1);
    inventory.on_reminder(days::DAILY.to_owned(), host.now_ms(), 0);
    assert_eq!(reports(&inventory), [(date, 1)]);
    let due = host.reminders()[days::DAILY].due_ms;
    assert_eq!(
        due,
        MARCH_28 + 34 * HOUR_MS,
        "the next midnight, 23 hours on"
    );
}

#[test]
fn each_day_of_an_outage_has_its_report() {
    let (host, mut inventory) = filled(MARCH_28, Some("Europe/Rome"));
    let date = inventory.clock.day(MARCH_28).number;
    let mut rung = pass(&host, &mut inventory, 20 * 24 * HOUR_MS);
    assert_eq!(rung.len(), 1);
    while reports(&inventory).len() < 20 {
        rung = pass(&host, &mut inventory, 1_000);
        assert_eq!(rung.len(), 1, "{:?}", reports(&inventory));
    }
    let expected: Vec<_> = (date..date + 20).map(|day| (day, 1)).collect();
    assert_eq!(reports(&inventory), expected);
    assert!(pass(&host, &mut inventory, HOUR_MS).is_empty());
    let due = host.reminders()[days::DAILY].due_ms;
    assert!(due > host.now_ms(), "it waits for the next midnight");
    // A year: what is older than is kept is not written, and does not end the day.
    pass(&host, &mut inventory, 365 * 24 * HOUR_MS);
    for _ in 0..20 {
        pass(&host, &mut inventory, 1_000);
    }
    let reports = reports(&inventory);
    let today = inventory.clock.day(host.now_ms()).number;
    assert_eq!((reports.len(), reports[89].0), (90, today - 1));
}

#[test]
fn a_restaurant_that_changes_its_zone_loses_no_day() {
    // 23:30 by UTC is half past midnight of the next day in Rome: today is over at once.
    let late = MARCH_28 + 11 * HOUR_MS + HOUR_MS / 2;
    let (host, mut inventory) = filled(late, None);
    let date = inventory.clock.day(late).number;
    inventory.set_time_zone("Europe/Rome".to_owned()).unwrap();
    assert_eq!(reports(&inventory), [(date, 1)]);
    let due = host.reminders()[days::DAILY].due_ms;
    assert_eq!(due, MARCH_28 + 34 * HOUR_MS);
    // And back, where the day is not over yet: it gets its report once more, at its end.
    restock(&mut inventory, 4);
    inventory.set_time_zone("UTC".to_owned()).unwrap();
    pass(&host, &mut inventory, HOUR_MS / 2);
    assert_eq!(reports(&inventory), [(date, 5)]);
}

#[test]
fn an_unknown_zone_is_refused_by_the_inventory_too() {
    let (host, mut inventory) = filled(MARCH_28, None);
    let before = host.reminders();
    let refused = inventory.set_time_zone("Europe/Roma".to_owned());
    let Err(Refusal::Invalid(violations)) = refused else {
        panic!("there is no such zone");
    };
    assert_eq!(violations[0].pointer, "/timeZone");
    assert!(
        violations[0].message.contains("Europe/Rome"),
        "{violations:?}"
    );
    assert_eq!(host.reminders(), before);
}

#[test]
fn what_an_older_version_has_set_goes_on_by_itself() {
    let (host, mut inventory) = filled(MARCH_28, None);
    // It waited with a periodic reminder, and did not know for which midnight.
    inventory.midnight = 0;
    let midnight = MARCH_28 + 12 * HOUR_MS;
    host.set_now_ms(midnight + 5);
    inventory.on_reminder(days::DAILY.to_owned(), midnight, 0);
    let date = inventory.clock.day(MARCH_28).number;
    assert_eq!(reports(&inventory), [(date, 1)]);
    let alarm = &host.reminders()[days::DAILY];
    assert_eq!(
        (alarm.due_ms, alarm.period_ms),
        (midnight + 24 * HOUR_MS, None)
    );
}
