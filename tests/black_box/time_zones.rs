//! A restaurant's days follow its time zone: a process whose machine's clock is set, and the
//! reports and the history as managers ask for them.

use std::path::Path;

use crate::common::{Pizza, until};
use serde_json::{Value, json};

/// Sets up a restaurant with a pizza on its menu.
fn open(pizza: &Pizza, id: &str, zone: Option<&str>) {
    let mut profile = json!({
        "name": id, "region": "eu", "location": {"lat": 41.9, "lon": 12.5}, "open": true,
        "drivers": [],
    });
    if let Some(zone) = zone {
        profile["timeZone"] = zone.into();
    }
    let door = format!("/api/actors/restaurant/{id}/configure");
    let answer = pizza.post(&door, &json!({"profile": profile}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    // It is told durably, but not before the answer.
    let recipe = json!({
        "pizzaType": "Bianca", "priceCents": 900,
        "ingredients": [{"ingredient": "dough", "quantity": 1}],
    });
    let answer = pizza.put(&format!("/api/inventory/{id}/recipes"), &recipe);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let dough = json!({"amounts": [{"ingredient": "dough", "quantity": 100.0}]});
    let answer = pizza.put(&format!("/api/inventory/{id}/stock"), &dough);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Orders at each restaurant, and returns when all have counted it.
fn order_everywhere(pizza: &Pizza) {
    for (id, _) in RESTAURANTS {
        let counted = |pizza: &Pizza| -> u64 {
            let days = rows(pizza, id, "day");
            days.iter().map(|(_, orders)| orders).sum()
        };
        let before = counted(pizza);
        let order = json!({
            "customerId": "c", "restaurantId": id,
            "items": [{"pizzaType": "Bianca", "quantity": 1.0}],
        });
        let answer = pizza.post("/api/orders", &order);
        assert_eq!(answer.status, 201, "{}", answer.text());
        until("the order in the history", || {
            (counted(pizza) > before).then_some(())
        });
    }
}

/// Begin and orders of a restaurant's history, oldest first, where there were some: those that
/// nobody bakes are cancelled by themselves, which is counted too.
fn rows(pizza: &Pizza, id: &str, by: &str) -> Vec<(String, u64)> {
    let history = pizza.get(&format!("/api/restaurants/{id}/history?by={by}&limit=168"));
    let history = history.json();
    let periods = history["periods"].as_array().expect("a list").iter().rev();
    let row = |period: &Value| {
        let start = period["start"].as_str().expect("a time").to_owned();
        (start, period["orders"].as_u64().expect("a number"))
    };
    periods.map(row).filter(|(_, orders)| *orders > 0).collect()
}

/// Days with a report, oldest first.
fn reports(pizza: &Pizza, id: &str) -> Vec<String> {
    let history = pizza.get(&format!("/api/inventory/{id}/history")).json();
    let days = history["days"].as_array().expect("a list").iter().rev();
    days.map(|day| day["day"].as_str().expect("a date").to_owned())
        .collect()
}

fn has_reports(pizza: &Pizza, id: &str, last: &str) -> Vec<String> {
    until(&format!("{id}: the report of {last}"), || {
        Some(reports(pizza, id)).filter(|days| days.last().is_some_and(|day| day == last))
    })
}

const RESTAURANTS: [(&str, Option<&str>); 4] = [
    ("everywhere", None),
    ("rome", Some("Europe/Rome")),
    ("cairo", Some("Africa/Cairo")),
    ("lord-howe", Some("Australia/Lord_Howe")),
];

/// The silo runs for a moment at this time, gets an order at each place, and is asked to stop.
fn at(time: &str, data: &Path, look: impl Fn(&Pizza)) {
    let pizza = Pizza::start_in(time, data, &[]);
    look(&pizza);
    order_everywhere(&pizza);
    assert!(pizza.stop().success());
}

#[test]
fn days_begin_and_end_at_midnight_on_the_restaurants_wall_in_spring() {
    let data = tempfile::tempdir().expect("a directory");
    let data = data.path();
    at("2026-03-28 12:00:00", data, |pizza| {
        for (id, zone) in RESTAURANTS {
            open(pizza, id, zone);
        }
        let profile = pizza.get("/api/restaurants/rome").json()["profile"].clone();
        assert_eq!(profile["timeZone"], "Europe/Rome", "{profile}");
        let profile = pizza.get("/api/restaurants/everywhere").json()["profile"].clone();
        assert_eq!(profile["timeZone"], "UTC", "{profile}");
        let demo = pizza.get("/api/restaurants/napoli").json();
        assert_eq!(demo["profile"]["timeZone"], "Europe/Rome", "{demo}");
    });
    // A second past midnight in Rome, an hour before it by UTC.
    at("2026-03-28 23:00:01", data, |pizza| {
        assert_eq!(has_reports(pizza, "rome", "2026-03-28"), ["2026-03-28"]);
        assert_eq!(has_reports(pizza, "cairo", "2026-03-28"), ["2026-03-28"]);
        assert_eq!(
            has_reports(pizza, "lord-howe", "2026-03-28"),
            ["2026-03-28"]
        );
        assert!(reports(pizza, "everywhere").is_empty());
    });
    // The day in Rome had 23 hours.
    at("2026-03-29 22:00:01", data, |pizza| {
        let both = ["2026-03-28", "2026-03-29"];
        assert_eq!(has_reports(pizza, "rome", "2026-03-29"), both);
        assert_eq!(
            has_reports(pizza, "everywhere", "2026-03-28"),
            ["2026-03-28"]
        );
    });
    // 5 April has half an hour more on Lord Howe Island; 24 April begins at one in Cairo.
    at("2026-04-05 13:30:01", data, |pizza| {
        assert_eq!(has_reports(pizza, "lord-howe", "2026-04-05").len(), 9);
    });
    at("2026-04-23 22:00:01", data, |pizza| {
        assert_eq!(has_reports(pizza, "cairo", "2026-04-23").len(), 27);
        let days = rows(pizza, "rome", "day");
        let begins: Vec<_> = days.iter().map(|(begin, _)| begin.as_str()).collect();
        let expected = [
            "2026-03-27T23:00:00.000Z",
            "2026-03-28T23:00:00.000Z",
            "2026-03-29T22:00:00.000Z",
            "2026-04-04T22:00:00.000Z",
        ];
        assert_eq!(begins, expected);
        let howe = rows(pizza, "lord-howe", "day");
        let begins: Vec<_> = howe.iter().map(|(begin, _)| begin.as_str()).collect();
        let expected = [
            "2026-03-27T13:00:00.000Z",
            "2026-03-28T13:00:00.000Z",
            "2026-03-29T13:00:00.000Z",
            "2026-04-05T13:30:00.000Z",
        ];
        assert_eq!(begins, expected);
    });
    at("2026-04-24 21:00:01", data, |pizza| {
        assert_eq!(has_reports(pizza, "cairo", "2026-04-24").len(), 28);
        let cairo = rows(pizza, "cairo", "day");
        assert_eq!(cairo.last().expect("a day").0, "2026-04-23T22:00:00.000Z");
    });
}

#[test]
fn the_hour_that_comes_twice_in_autumn_is_two_and_its_day_one() {
    let data = tempfile::tempdir().expect("a directory");
    let data = data.path();
    at("2026-10-24 12:00:00", data, |pizza| {
        for (id, zone) in RESTAURANTS {
            open(pizza, id, zone);
        }
    });
    // Half past two in Rome, twice.
    at("2026-10-25 00:30:00", data, |pizza| {
        has_reports(pizza, "rome", "2026-10-24");
    });
    at("2026-10-25 01:30:00", data, |_| {});
    // Half past eleven at night, which is still the same day.
    at("2026-10-25 22:30:00", data, |pizza| {
        assert_eq!(reports(pizza, "rome"), ["2026-10-24"]);
    });
    at("2026-10-25 23:00:01", data, |pizza| {
        let both = ["2026-10-24", "2026-10-25"];
        assert_eq!(has_reports(pizza, "rome", "2026-10-25"), both);
        let expected = [
            ("2026-10-23T22:00:00.000Z", 1),
            ("2026-10-24T22:00:00.000Z", 3),
        ];
        let expected: Vec<_> = expected.map(|(begin, n)| (begin.to_owned(), n)).into();
        assert_eq!(rows(pizza, "rome", "day"), expected);
        let hours = rows(pizza, "rome", "hour");
        let begins: Vec<_> = hours.iter().map(|(begin, _)| begin.as_str()).collect();
        let expected = [
            "2026-10-24T12:00:00.000Z",
            "2026-10-25T00:00:00.000Z",
            "2026-10-25T01:00:00.000Z",
            "2026-10-25T22:00:00.000Z",
        ];
        assert_eq!(begins, expected);
    });
}

#[test]
fn an_unknown_time_zone_is_refused_by_name_with_the_one_that_was_meant() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let mut profile = pizza.get("/api/restaurants/napoli").json()["profile"].clone();
    profile["timeZone"] = "Europe/Roma".into();
    let door = "/api/actors/restaurant/napoli/configure";
    let answer = pizza.post(door, &json!({"profile": profile}));
    assert_eq!(answer.status, 422, "{}", answer.text());
    let problem = answer.text();
    for part in ["/profile/timeZone", "Europe/Roma", "Europe/Rome\\\""] {
        assert!(problem.contains(part), "{part}: {problem}");
    }
    let door = "/api/actors/inventory/napoli/set-time-zone";
    let answer = pizza.post(door, &json!({"timeZone": "Mars/Olympus"}));
    assert_eq!(answer.status, 422, "{}", answer.text());
    let kept = pizza.get("/api/restaurants/napoli").json();
    assert_eq!(kept["profile"]["timeZone"], "Europe/Rome", "{kept}");
}
