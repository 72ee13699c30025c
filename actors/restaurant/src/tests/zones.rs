//! Days and hours by the clock on the restaurant's wall.

use super::*;

const HOUR_MS: u64 = 3_600_000;

fn in_zone(zone: &str) -> Profile {
    Profile {
        time_zone: Some(zone.to_owned()),
        ..profile(&[])
    }
}

/// An order a minute from one moment to the other, as rows of history: begin and orders.
fn orders_between(host: &Host, restaurant: &mut Restaurant, from: u64, until: u64) -> u32 {
    let mut told = 0;
    for at in (from..until).step_by(600_000) {
        host.set_now_ms(at);
        tell(
            restaurant,
            &event(host, &format!("order-{at}"), None, "created"),
        );
        told += 1;
    }
    told
}

fn rows(periods: &[Period]) -> Vec<(u64, u32)> {
    let mut rows: Vec<_> = periods.iter().map(|p| (p.start, p.orders)).collect();
    rows.reverse();
    rows
}

/// Milliseconds since the epoch of an hour of a day of 2026, UTC.
fn at(month: u64, day: u64, hour: u64) -> u64 {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let days = 20_454 + before[usize::try_from(month - 1).unwrap()] + day - 1;
    (days * 24 + hour) * HOUR_MS
}

#[test]
fn a_day_of_the_history_has_as_many_hours_as_the_wall_clock_gives_it() {
    // Zone, first moment of the changed day, hours of it, half hours of the clock.
    for (zone, begin, minutes, hours) in [
        ("UTC", at(3, 29, 0), 1_440, 24),
        ("Europe/Rome", at(3, 28, 23), 1_380, 23),
        ("Europe/Rome", at(10, 24, 22), 1_500, 25),
        ("Africa/Cairo", at(4, 23, 22), 1_380, 23),
        ("Australia/Lord_Howe", at(4, 4, 13), 1_470, 25),
        (
            "Australia/Lord_Howe",
            at(10, 3, 13) + HOUR_MS / 2,
            1_410,
            24,
        ),
    ] {
        let (host, mut restaurant) = open(&[]);
        restaurant.configure(in_zone(zone)).unwrap();
        let end = begin + minutes * 60_000;
        let told = orders_between(&host, &mut restaurant, begin, end);
        // One before midnight and one after, which are of other days.
        orders_between(&host, &mut restaurant, begin - 600_000, begin);
        orders_between(&host, &mut restaurant, end, end + 1);
        let days = rows(&restaurant.days(90));
        assert_eq!(days.len(), 3, "{zone}: {days:?}");
        assert_eq!(days[1], (begin, told), "{zone}");
        assert_eq!(days[2], (end, 1), "{zone}");
        let of_day = rows(&restaurant.hours(168));
        let of_day: Vec<_> = of_day
            .iter()
            .filter(|(h, _)| (begin..end).contains(h))
            .collect();
        assert_eq!(of_day.len(), hours, "{zone}: {of_day:?}");
        assert_eq!(of_day.iter().map(|(_, n)| n).sum::<u32>(), told, "{zone}");
    }
}

#[test]
fn the_last_day_is_that_of_the_wall_clock_too() {
    let (host, mut restaurant) = open(&[]);
    restaurant.configure(in_zone("Asia/Kathmandu")).unwrap();
    // In Kathmandu an hour begins a quarter past, by UTC.
    let begin = at(6, 1, 0) + HOUR_MS / 4;
    orders_between(
        &host,
        &mut restaurant,
        begin - 30 * HOUR_MS,
        begin + HOUR_MS,
    );
    let figures = restaurant.metrics();
    assert_eq!(figures.last_hour.start, begin);
    assert_eq!(
        (figures.last_hour.orders, figures.last_day.orders),
        (6, 144)
    );
    assert_eq!(figures.last_day.start, begin - 23 * HOUR_MS);
}

#[test]
fn an_unknown_zone_is_refused_by_name_with_the_nearest_and_changes_nothing() {
    let (host, mut restaurant) = open(&[]);
    assert_eq!(
        restaurant.get().unwrap().profile.time_zone.as_deref(),
        Some("UTC")
    );
    let refused = restaurant.configure(in_zone("Europe/Roma"));
    let Err(Refusal::Invalid(violations)) = refused else {
        panic!("there is no such zone");
    };
    assert_eq!(violations[0].pointer, "/profile/timeZone");
    assert!(
        violations[0].message.contains("\"Europe/Roma\""),
        "{violations:?}"
    );
    assert!(
        violations[0].message.contains("\"Europe/Rome\""),
        "{violations:?}"
    );
    let state = restaurant.configure(in_zone("europe/rome")).unwrap();
    assert_eq!(state.profile.time_zone.as_deref(), Some("Europe/Rome"));
    let told = host.sent_to("inventory", "set-time-zone");
    let zones: Vec<_> = told
        .iter()
        .map(|t| t.arguments["timeZone"].clone())
        .collect();
    assert_eq!(zones, ["UTC", "Europe/Rome"]);
}

#[test]
fn history_of_before_there_were_zones_is_still_told() {
    let (host, mut restaurant) = open(&[]);
    let day = host.now_ms() / (24 * HOUR_MS) - 1;
    let old = silo_sdk::entries::Table::<Value>::new("d");
    let counts = json!({"o": 7, "d": 0, "c": 0, "r": 0, "m": 0, "t": 0, "h": {}});
    old.insert(&format!("{:016x}", u64::MAX - day), &counts);
    tell(&mut restaurant, &event(&host, "order-1", None, "created"));
    let today = (day + 1) * 24 * HOUR_MS;
    assert_eq!(
        rows(&restaurant.days(90)),
        [(today - 24 * HOUR_MS, 7), (today, 1)]
    );
    // And forgotten like the others.
    host.set_now_ms(today + 91 * 24 * HOUR_MS);
    tell(&mut restaurant, &event(&host, "order-2", None, "created"));
    assert_eq!(restaurant.days(90).len(), 1);
}
