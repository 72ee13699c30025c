//! Silos under chaos: whatever dies, sleeps or is cut off, each actor answers as if there were one of it,
//! which does one thing after the other. Others judge that (decision 58).

mod checkers;
mod clients;
mod faults;
mod history;
mod namespaces;
mod proxy;
mod town;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use self::clients::{CLIENTS, Figures, Run};
use self::faults::{ALL, Fault, Faults};
use self::history::{Call, History, Operation, Outcome};
use self::namespaces::Namespaces;
use self::town::Town;
use crate::common::machine;

/// A sixtieth of the soak's, which are 20 of 60 seconds, by `CHAOS_RUNS` and `CHAOS_SECONDS`.
const RUNS: u64 = 1;
const SECONDS: u64 = 20;
/// In a second of a run: what a full one of a minute has at least is 10,000 and 20. A short one, of a debug
/// build beside other tests, only shows that there was load.
const OK_MIN: u64 = 170;
const OK_MIN_OF_FEW: u64 = 20;
const UNKNOWN_OF_MINUTE_MIN: u64 = 20;
const GROUPS: usize = 4;
/// Between two faults, in milliseconds, by `CHAOS_REST_MS`.
const REST_MS: u64 = 500;
/// So many times as long a run may take, on a machine that is too slow for each kind of fault in its time.
const LONGER_MAX: u32 = 6;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |set| set.parse().expect("a number"))
}

/// Whether faults are too rare for one of each kind.
fn is_rare() -> bool {
    std::env::var("CHAOS_REST_MS").is_ok()
}

/// What all runs came to.
#[derive(Default)]
struct Total {
    made: u64,
    answered: u64,
    unknown: u64,
    nothing_done: u64,
    longest_ms: u64,
    keys: usize,
    said: BTreeMap<String, u64>,
    /// Of the runs, one with an answer of each kind, to be spoilt.
    sample: Vec<Call>,
}

impl Total {
    fn add(&mut self, figures: Figures, keys: &BTreeMap<String, Vec<Call>>) {
        self.made += figures.made.into_inner();
        self.answered += figures.answered.into_inner();
        self.unknown += figures.unknown.into_inner();
        self.nothing_done += figures.nothing_done.into_inner();
        self.longest_ms = self.longest_ms.max(figures.longest_ms.into_inner());
        self.keys += keys.len();
        for (what, count) in figures.said.into_inner().expect("unpoisoned") {
            *self.said.entry(what).or_default() += count;
        }
        let longest = keys.values().max_by_key(|calls| answered_appends(calls));
        if let Some(longest) = longest
            && answered_appends(longest) > answered_appends(&self.sample)
        {
            self.sample.clone_from(longest);
        }
    }

    /// Answered within the deadline of its client, of a hundred.
    fn availability(&self) -> f64 {
        100.0 * f64::from(u32::try_from(self.answered).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(self.made.max(1)).unwrap_or(u32::MAX))
    }
}

fn answered_appends(calls: &[Call]) -> usize {
    let seen = |call: &&Call| {
        matches!(call.operation, Operation::Append(_)) && matches!(call.outcome, Outcome::Saw(_))
    };
    calls.iter().filter(seen).count()
}

/// The keys that a judge cannot explain.
fn judged(keys: &BTreeMap<String, Vec<Call>>) -> Vec<String> {
    let broken = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (name, judge) in [
            ("stateright", checkers::stateright as fn(&[Call]) -> bool),
            ("todc", checkers::todc),
        ] {
            let broken = &broken;
            scope.spawn(move || {
                for (key, calls) in keys.iter().filter(|(_, calls)| !judge(calls)) {
                    let told = format!("{name} finds no order for {key}: {calls:#?}");
                    broken.lock().expect("unpoisoned").push(told);
                }
            });
        }
    });
    broken.into_inner().expect("unpoisoned")
}

/// Lets clients end, also where what happens beside them has failed.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn run(name: String, town: &mut Town, faults: &mut Faults, total: &mut Total) {
    let (begun, length) = (Instant::now(), number("CHAOS_SECONDS", SECONDS));
    let length = Duration::from_secs(length);
    let rest = Duration::from_millis(number("CHAOS_REST_MS", REST_MS));
    let longer = if is_rare() { 1 } else { LONGER_MAX };
    let silos = town.addresses.clone();
    let run = Run {
        name,
        silos: &silos,
        history: History::default(),
        figures: Figures::default(),
        stop: AtomicBool::new(false),
    };
    let tickets: Vec<AtomicU32> = (0..GROUPS).map(|_| AtomicU32::new(0)).collect();
    thread::scope(|scope| {
        let run = &run;
        for (group, tickets) in tickets.iter().enumerate() {
            for _ in 0..CLIENTS {
                scope.spawn(move || run.client(group, tickets));
            }
        }
        let _stop = StopAtEnd(&run.stop);
        // On this thread, which has the machine: whatever it starts is the test's.
        faults.run(town, rest, begun + length, begun + length * longer);
    });
    let keys = run.history.into_keys();
    total.add(run.figures, &keys);
    let broken = judged(&keys);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// An answer of before and an answer that was forgotten, put into what was recorded: each judge has to
/// find them.
fn spoilt_is_found(calls: &[Call]) {
    assert!(answered_appends(calls) >= 3, "{calls:#?}");
    assert!(checkers::stateright(calls) && checkers::todc(calls));
    let end = calls.iter().map(|call| call.ended).max().unwrap_or(0);
    let seen = calls.iter().filter_map(|call| match &call.outcome {
        Outcome::Saw(list) => Some(list),
        _ => None,
    });
    let longest = seen.max_by_key(|list| list.len()).expect("there are some");
    let stale = longest[..longest.len() - 1].to_vec();
    let mut lost = longest.clone();
    lost.remove(longest.len() / 2);
    for (what, list) in [("a stale read", stale), ("a lost write", lost)] {
        let mut forged = calls.to_vec();
        forged.push(Call {
            begun: end + 1,
            ended: end + 2,
            operation: Operation::Read,
            outcome: Outcome::Saw(list),
        });
        assert!(!checkers::stateright(&forged), "stateright passes {what}");
        assert!(!checkers::todc(&forged), "todc passes {what}");
    }
}

#[allow(clippy::print_stdout, reason = "measured figures")]
fn chaos(way: &str, town: &mut Town, kinds: &[Fault]) {
    let (runs, seconds) = (number("CHAOS_RUNS", RUNS), number("CHAOS_SECONDS", SECONDS));
    let seed = number("CHAOS_SEED", u64::from(std::process::id()));
    let (mut faults, mut total) = (Faults::of(kinds, seed), Total::default());
    for n in 0..runs {
        run(format!("{way}-{n}"), town, &mut faults, &mut total);
    }
    println!(
        "{runs} runs of {seconds} s by {way}, seed {seed}: {} calls of {} actors, {} ok, {} unknown, {} with \
         nothing done; {:.2} % answered within their deadline, the last after {} ms; faults {:?}, {} silos \
         taken for dead; said instead: {:?}",
        total.made,
        total.keys,
        total.answered,
        total.unknown,
        total.nothing_done,
        total.availability(),
        total.longest_ms,
        faults.seen,
        town.ended,
        total.said,
    );
    let ok_min = if runs > RUNS { OK_MIN } else { OK_MIN_OF_FEW };
    assert!(total.answered >= ok_min * seconds * runs, "too few");
    let unknown_min = UNKNOWN_OF_MINUTE_MIN * seconds * runs / 60 / 6;
    assert!(is_rare() || total.unknown >= unknown_min, "too few unknown");
    if !is_rare() && seconds >= SECONDS {
        for kind in kinds {
            assert!(faults.seen.contains_key(kind), "no {kind:?}");
        }
    }
    if let Ok(wanted) = std::env::var("CHAOS_AVAILABILITY") {
        let wanted: f64 = wanted.parse().expect("a number");
        let found = total.availability();
        assert!(found >= wanted, "{found:.3} % answered in time");
    }
    spoilt_is_found(&total.sample);
}

#[test]
fn every_actor_is_one_whatever_is_killed_paused_or_cut_off() {
    let _alone = machine::alone();
    let mut town = Town::by_proxies();
    chaos("proxies", &mut town, &ALL);
}

#[test]
#[allow(clippy::print_stderr, reason = "what this machine does not let it do")]
fn every_actor_is_one_also_between_networks() {
    let _alone = machine::alone();
    let namespaces = match Namespaces::make() {
        Ok(namespaces) => namespaces,
        Err(why) => {
            eprintln!(
                "no networks of their own can be made here ({why}): lines are broken by proxies alone, in \
                 the test beside this one"
            );
            return;
        }
    };
    let kinds: Vec<Fault> = ALL.into_iter().filter(|kind| *kind != Fault::Cut).collect();
    let mut town = Town::in_namespaces(namespaces);
    chaos("networks", &mut town, &kinds);
}
