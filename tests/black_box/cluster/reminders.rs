//! Reminders that one silo fires and another one's actors hear: never early, and each once.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::probes::{Doors, count, metric, notes_of, push, try_act, try_read};
use super::redis::{Redis, silo_on};
use crate::common::{Pizza, machine, now_ms, operator, until, until_within};

/// How many reminders other silos than their actors' have to fire: a twentieth of what `just soak` does, by
/// `FOREIGN_REMINDERS`.
const FIRINGS: usize = 50;
/// In each round every actor sets one.
const ACTORS: usize = 200;
const DELAY_MS: u64 = 1_500;
const CLIENTS: usize = 4;
/// How long a round may take.
const ROUND_MAX: Duration = Duration::from_secs(60);
const METRIC: &str = "pizza_reminders_total";

/// A reminder that was set: not before when it was asked for, and seen by somebody who asked all the time.
struct Set {
    key: String,
    asked_ms: u64,
    /// What its actor remembers of it: when it heard of it, by its silo's clock.
    heard_ms: Vec<u64>,
    /// When somebody outside has first seen that.
    seen_ms: u64,
}

fn faults(all: &[Set]) -> Vec<String> {
    let mut faults = Vec::new();
    for Set {
        key,
        asked_ms,
        heard_ms,
        seen_ms,
    } in all
    {
        let due_ms = asked_ms + DELAY_MS;
        if heard_ms.len() != 1 {
            faults.push(format!("{key} heard of it {} times", heard_ms.len()));
        }
        if *seen_ms < due_ms || heard_ms.iter().any(|heard_ms| *heard_ms < due_ms) {
            faults.push(format!(
                "{key} was early: due {due_ms}, {heard_ms:?}, {seen_ms}"
            ));
        }
    }
    faults
}

/// When the probe heard of a reminder, each time.
fn heard(door: &Pizza, key: &str, name: &str) -> Vec<u64> {
    let answer = try_read(door.http, key).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let prefix = format!("{name} at ");
    let notes = notes_of(&answer.json());
    let heard = notes.iter().filter_map(|note| note.strip_prefix(&prefix));
    heard.map(|at| at.parse().expect("a time")).collect()
}

/// Some of the actors set a reminder, and are watched until all have heard of it.
fn set_and_watch(door: &Pizza, keys: &[String], name: &str) -> Vec<Set> {
    let steps = json!([{"reminder": {
        "name": name, "delayMs": DELAY_MS, "periodMs": null, "missed": "last",
    }}]);
    let set = keys.iter().map(|key| {
        let asked_ms = now_ms();
        let answer = try_act(door.http, key, &format!("{key}-{name}"), &steps);
        assert_eq!(answer.expect("an answer").status, 200);
        let (key, heard_ms) = (key.clone(), Vec::new());
        Set {
            key,
            asked_ms,
            heard_ms,
            seen_ms: 0,
        }
    });
    let mut set: Vec<Set> = set.collect();
    let begun = Instant::now();
    while set.iter().any(|one| one.heard_ms.is_empty()) {
        assert!(begun.elapsed() < ROUND_MAX, "not all have heard of {name}");
        for one in set.iter_mut().filter(|one| one.heard_ms.is_empty()) {
            one.heard_ms = heard(door, &one.key, name);
            one.seen_ms = now_ms();
        }
    }
    set
}

/// Every silo fires for some time; returns what became of all that were set, and how many were fired by a silo
/// that has not their actor.
fn rounds(silos: [&Pizza; 2], keys: &[String], wanted: u64) -> (Vec<Set>, u64) {
    let fired = |to: &str| {
        silos
            .map(|silo| metric(silo.http, METRIC, to))
            .iter()
            .sum::<u64>()
    };
    let mut all: Vec<Set> = Vec::new();
    for round in 0.. {
        let name = format!("clocked-{round}");
        // Whichever is asked.
        let parts = keys.chunks(ACTORS.div_ceil(CLIENTS));
        let parts = parts.zip(silos.into_iter().cycle());
        thread::scope(|scope| {
            let watch = |(keys, door)| {
                let name = &name;
                scope.spawn(move || set_and_watch(door, keys, name))
            };
            let watching: Vec<_> = parts.map(watch).collect();
            for part in watching {
                all.extend(part.join().expect("all have heard of it"));
            }
        });
        until_within(ROUND_MAX, "all firings to be counted", || {
            (fired("to=") >= all.len() as u64).then_some(())
        });
        // Had anybody heard of it again, that would be there by now.
        for set in &mut all[round * keys.len()..] {
            set.heard_ms = heard(silos[0], &set.key, &name);
        }
        let elsewhere = fired("to=\"elsewhere\"");
        assert!(elsewhere > 0, "no silo fires what is another one's");
        if elsewhere >= wanted {
            return (all, elsewhere);
        }
    }
    unreachable!("rounds go on")
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn what_another_silo_fires_is_never_early_and_heard_once() {
    let wanted = count("FOREIGN_REMINDERS", FIRINGS);
    let _alone = machine::alone();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    // Actors stay where they are when another silo comes to guard their shards.
    let open = |name| silo_on(&redis.url, data.path(), name, "moves_per_second = 0");
    let one = open("one");
    push(&one, data.path(), "one");
    let keys: Vec<String> = (0..ACTORS).map(|number| format!("r{number}")).collect();
    let doors = Doors::of([&one]);
    for key in &keys {
        doors.act(0, key, key, &json!([]));
    }
    let two = open("two");
    until("the first silo to know of the second", || {
        let words = ["cluster", "status", "--json"];
        let status = operator::run(&one, &data.path().join("one"), &words);
        let members = operator::json_of(&status)["members"].as_array()?.len();
        (members == 2).then_some(())
    });
    let begun = Instant::now();
    let (all, elsewhere) = rounds([&one, &two], &keys, wanted as u64);
    let late = all
        .iter()
        .filter_map(|set| Some(set.heard_ms.first()? - set.asked_ms));
    let mut late: Vec<u64> = late.map(|ms| ms.saturating_sub(DELAY_MS)).collect();
    late.sort_unstable();
    println!(
        "{} reminders in {:.1?}, {elsewhere} fired by a silo that has not their actor; from the end of \
         their delay {} ms at the median, {} ms at most",
        all.len(),
        begun.elapsed(),
        late[late.len() / 2],
        late[late.len() - 1],
    );
    let found = faults(&all);
    assert!(found.is_empty(), "{:#?}", &found[..found.len().min(20)]);
}

/// The planted mistakes: one that is early by a millisecond, one that is heard of twice, one that is not.
#[test]
fn early_and_repeated_reminders_are_found() {
    let of = |heard_ms: &[u64], seen_ms| {
        faults(&[Set {
            key: "r1".to_owned(),
            asked_ms: 10_000,
            heard_ms: heard_ms.to_vec(),
            seen_ms,
        }])
        .len()
    };
    let due_ms = 10_000 + DELAY_MS;
    assert_eq!(of(&[due_ms], due_ms + 20), 0);
    assert_ne!(
        of(&[due_ms - 1], due_ms + 20),
        0,
        "early by its silo's clock"
    );
    assert_ne!(of(&[due_ms], due_ms - 1), 0, "early by ours");
    assert_ne!(of(&[due_ms, due_ms + 5], due_ms + 20), 0, "twice");
    assert_ne!(of(&[], due_ms + 20), 0, "never");
}
