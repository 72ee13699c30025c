//! A silo whose clock is not that of its store says so.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use super::probes::{Doors, metric, notes_of, push, try_read};
use super::process::metric_of;
use super::redis::{Redis, silo_on};
use crate::common::{Pizza, machine, now_ms, until, until_within};

const DELAY_MS: u64 = 1_500;
/// How late a reminder may be on a busy machine: less than the clock is off.
const LATE_MS_MAX: u64 = 2_500;
const ACTORS: usize = 40;
const OFFSET: &str = "pizza_cluster_clock_offset_seconds";

/// Renamed into place, so that the process never reads half a file.
fn set_off(file: &Path, seconds: i64) {
    let new = file.with_extension("new");
    std::fs::write(&new, format!("{seconds:+}\n")).expect("a file");
    std::fs::rename(&new, file).expect("a file");
}

fn reasons(pizza: &Pizza) -> String {
    let ready = pizza.get("/health/ready");
    // It works all the same.
    assert_eq!(ready.status, 200, "{}", ready.text());
    ready.json()["reasons"].to_string()
}

fn start_off(redis: &Redis, data: &Path, offset: &Path) -> Pizza {
    let (url, name) = (&*redis.url, "wrong");
    let options = [
        "--cluster-store",
        url,
        "--cluster-name",
        name,
        "--cluster-listen",
        "127.0.0.1:0",
    ];
    Pizza::start_dated(offset, &data.join(name), &options, Stdio::inherit())
}

#[test]
fn a_silo_whose_clock_is_off_says_by_how_much() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let right = redis.silo(data.path(), "right");
    let offset = data.path().join("offset");
    set_off(&offset, 3);
    let wrong = start_off(&redis, data.path(), &offset);
    until("it to be measured", || {
        (metric_of(wrong.http, OFFSET) > 2.5).then_some(())
    });
    assert!(metric_of(wrong.http, OFFSET) < 3.5);
    let told = reasons(&wrong);
    assert!(told.contains("ms ahead of that of the store"), "{told}");
    set_off(&offset, -3);
    until("it to be measured again", || {
        (metric_of(wrong.http, OFFSET) < -2.5).then_some(())
    });
    let told = reasons(&wrong);
    assert!(told.contains("ms behind that of the store"), "{told}");
    let ahead = metric_of(right.http, OFFSET);
    assert!(ahead.abs() < 0.5, "{ahead}");
    assert_eq!(reasons(&right), "null");
}

#[test]
fn reminders_are_in_time_although_a_silo_fires_some_whose_clock_is_off() {
    let _alone = machine::alone();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let offset = data.path().join("offset");
    set_off(&offset, 4);
    // Actors stay where they are, so that what is another one's is fired too.
    let right = silo_on(&redis.url, data.path(), "right", "moves_per_second = 0");
    push(&right, data.path(), "right");
    let keys: Vec<String> = (0..ACTORS).map(|number| format!("r{number}")).collect();
    let doors = Doors::of([&right]);
    for key in &keys {
        doors.act(0, key, key, &json!([]));
    }
    let wrong = start_off(&redis, data.path(), &offset);
    until("it to guard shards", || {
        let guarded = |silo: &Pizza| metric(silo.http, "pizza_cluster_shards_guarded", "");
        (guarded(&wrong) > 300 && guarded(&right) < 800).then_some(())
    });
    let steps = json!([{"reminder": {
        "name": "clocked", "delayMs": DELAY_MS, "periodMs": null, "missed": "last",
    }}]);
    let set: Vec<(&String, u64)> = keys
        .iter()
        .map(|key| {
            let asked_ms = now_ms();
            doors.act(0, key, &format!("{key}-set"), &steps);
            (key, asked_ms)
        })
        .collect();
    let (mut left, mut wrong_times) = (set, Vec::new());
    until_within(Duration::from_secs(60), "all to be heard", || {
        left.retain(|(key, asked_ms)| {
            let answer = try_read(right.http, key).expect("an answer").json();
            let notes = notes_of(&answer);
            let heard = notes
                .iter()
                .find_map(|note| note.strip_prefix("clocked at "));
            let Some(heard) = heard else { return true };
            // By the clock of the actor's silo, which is right: when somebody looks is another matter.
            let heard_ms: u64 = heard.parse().expect("a time");
            let took_ms = heard_ms.saturating_sub(*asked_ms);
            if !(DELAY_MS..DELAY_MS + LATE_MS_MAX).contains(&took_ms) {
                wrong_times.push(took_ms);
            }
            false
        });
        left.is_empty().then_some(())
    });
    assert!(wrong_times.is_empty(), "{wrong_times:?}");
    assert!(metric(wrong.http, "pizza_reminders_total", "to=") > 0);
}
