//! A silo that is stopped for twice its lease and then goes on, with calls in flight: others have its actors
//! by then. What it still writes is refused, and nobody reads by its door what is out of date.

mod history;
mod monitor;

use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use pizza_types::ActorId;
use redis::{Commands as _, Connection};
use serde_json::json;

use self::history::History;
use self::monitor::Monitor;
use super::probes::{Doors, Stop, count, notes_of, push, try_act, try_read};
use super::redis::Redis;
use crate::common::{Pizza, machine, operator, until};

/// A tenth of what `just soak` does, by `SILO_STOPS`.
const STOPS: usize = 2;
/// Twice the lease.
const STOPPED_FOR: Duration = Duration::from_millis(1_500);
/// How many commits a woken silo has to try, on average, that are refused.
const ZOMBIES_MIN: usize = 5;
const ACTORS: usize = 48;
/// Who asks by the doors of the others all the time.
const CALLERS: usize = 3;
/// Who asks by the door of the silo that is stopped: its answer is under way then.
const CAUGHT: usize = 12;
/// Calls and reads that come to its door while it is stopped.
const WAITING_CALLS: usize = 120;
const WAITING_READS: usize = 24;
/// How long there are calls until it is stopped.
const BEFORE: Duration = Duration::from_millis(200);
/// What a process ends with that was taken for dead.
const TAKEN_FOR_DEAD: i32 = 74;
const NAMES: [&str; 3] = ["one", "two", "three"];

/// What was known to be written when somebody began to read, and what they read: notes of an actor.
struct Read {
    known: Vec<String>,
    read: Vec<String>,
}

struct Battery {
    keys: Vec<String>,
    history: History,
    numbers: AtomicUsize,
    silos: [Pizza; 3],
}

impl Battery {
    /// A note that nobody has written yet.
    fn note(&self) -> String {
        format!("n{}", self.numbers.fetch_add(1, Ordering::Relaxed))
    }

    fn key(&self, number: usize) -> &str {
        &self.keys[number % self.keys.len()]
    }

    /// The doors of those that live.
    fn living(&self, victim: usize) -> Doors {
        let living = (0..NAMES.len()).filter(|silo| *silo != victim);
        Doors::of(living.map(|silo| &self.silos[silo]))
    }

    /// Writes a note by a door that may not answer; then by others, under the same id.
    fn write(&self, door: &Pizza, others: &Doors, key: &str) -> bool {
        let note = self.note();
        let steps = json!([{ "note": note }]);
        let answer = try_act(door.http, key, &note, &steps);
        let is_answered = answer.is_some_and(|answer| answer.status == 200);
        if !is_answered {
            others.act(0, key, &note, &steps);
        }
        self.history.acknowledged(key, note);
        is_answered
    }

    fn write_by(&self, doors: &Doors, turn: usize, key: &str) {
        let note = self.note();
        doors.act(turn, key, &note, &json!([{ "note": note }]));
        self.history.acknowledged(key, note);
    }

    /// Reads by a door that may not answer.
    fn read(&self, door: &Pizza, key: &str) -> Option<Read> {
        let known = self.history.of(key);
        let answer = try_read(door.http, key).filter(|answer| answer.status == 200)?;
        let read = notes_of(&answer.json());
        Some(Read { known, read })
    }

    /// The actors that a silo has, as their records say.
    fn actors_of(&self, silo: &str, store: &mut Connection) -> Vec<&str> {
        let has = |key: &&str| {
            let actor = ActorId::new("probe", *key).expect("an id");
            let record = format!("{{{}}}:a:{actor}", actor.shard().0);
            let owner: Option<String> = store.hget(record, "o").expect("it answers");
            owner.as_deref() == Some(silo)
        };
        self.keys.iter().map(String::as_str).filter(has).collect()
    }

    /// The id of a silo, as another one says.
    fn id_of(&self, silo: usize, data: &Path) -> String {
        let other = (silo + 1) % NAMES.len();
        let words = ["cluster", "status", "--json"];
        let prefix = format!("{}.", NAMES[silo]);
        let known = || {
            let status = operator::run(&self.silos[other], &data.join(NAMES[other]), &words);
            let status = operator::json_of(&status);
            let members = status["members"].as_array()?.iter();
            let mut ids = members.filter_map(|member| member["silo"].as_str());
            ids.find(|id| id.starts_with(&prefix))
                .map(ToOwned::to_owned)
        };
        until("the others to know it", known)
    }
}

/// What came of one stop.
#[derive(Default)]
struct Outcome {
    zombies: usize,
    reads: Vec<Read>,
    /// How many calls the woken silo answered in spite of all.
    answered: usize,
}

/// Calls and reads by the door of the silo that is stopped.
#[derive(Default)]
struct Waiting<'s> {
    calls: Vec<ScopedJoinHandle<'s, bool>>,
    reads: Vec<ScopedJoinHandle<'s, Option<Read>>>,
}

/// One stop: who is stopped, and whose doors are open meanwhile.
struct Stopping<'b> {
    battery: &'b Battery,
    victim: &'b Pizza,
    others: Doors,
    over: AtomicBool,
}

impl Stopping<'_> {
    /// Writes by the doors of the others, all the time.
    fn keep_calling(&self, caller: usize) {
        for turn in (caller..).step_by(CALLERS) {
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            self.battery
                .write_by(&self.others, turn, self.battery.key(turn));
        }
    }

    /// Writes by the door of the victim until it does not answer.
    fn be_caught(&self, caller: usize) -> bool {
        for turn in (caller..).step_by(CAUGHT) {
            let is_over = self.over.load(Ordering::Relaxed);
            let key = self.battery.key(turn);
            if is_over || !self.battery.write(self.victim, &self.others, key) {
                break;
            }
        }
        false
    }

    fn run(&self, id: &str, redis: &Redis) -> Outcome {
        let mut store = redis.connection();
        let battery = self.battery;
        thread::scope(|scope| {
            let over = Stop(&self.over);
            for caller in 0..CALLERS {
                scope.spawn(move || self.keep_calling(caller));
            }
            let mut waiting = Waiting::default();
            let caught = (0..CAUGHT).map(|caller| scope.spawn(move || self.be_caught(caller)));
            waiting.calls.extend(caught);
            thread::park_timeout(BEFORE);
            let own = battery.actors_of(id, &mut store);
            assert!(!own.is_empty(), "{id} has no actors");
            self.victim.signal("-STOP");
            let stopped = Instant::now();
            for number in 0..WAITING_CALLS {
                let key = own[number % own.len()];
                let call = move || battery.write(self.victim, &self.others, key);
                waiting.calls.push(scope.spawn(call));
            }
            // Others open all of its actors.
            for (turn, key) in own.iter().enumerate() {
                battery.write_by(&self.others, turn, key);
            }
            let left = battery.actors_of(id, &mut store);
            assert!(left.is_empty(), "others have opened all but {left:?}");
            for number in 0..WAITING_READS {
                let key = own[number % own.len()];
                let read = move || battery.read(self.victim, key);
                waiting.reads.push(scope.spawn(read));
            }
            thread::park_timeout(STOPPED_FOR.saturating_sub(stopped.elapsed()));
            let monitor = Monitor::start(redis.address());
            self.victim.signal("-CONT");
            let closed = || TcpStream::connect(self.victim.http).is_err().then_some(());
            until("the woken silo to end", closed);
            let commits = monitor.stop(&mut store, id);
            assert!(
                battery.actors_of(id, &mut store).is_empty(),
                "it has written"
            );
            drop(over);
            waiting.outcome(commits)
        })
    }
}

impl Waiting<'_> {
    fn outcome(self, zombies: usize) -> Outcome {
        let calls = self.calls.into_iter();
        let answered = calls.filter_map(|call| call.join().expect("no panic").then_some(()));
        let answered = answered.count();
        let reads = self.reads.into_iter();
        let reads = reads.filter_map(|read| read.join().expect("no panic"));
        Outcome {
            zombies,
            answered,
            reads: reads.collect(),
        }
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn a_silo_that_wakes_after_its_lease_writes_nothing_and_tells_nothing_old() {
    let stops = count("SILO_STOPS", STOPS);
    let _alone = machine::alone();
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let mut battery = Battery {
        keys: (0..ACTORS).map(|number| format!("w{number}")).collect(),
        history: History::default(),
        numbers: AtomicUsize::new(0),
        silos: NAMES.map(|name| redis.silo(data.path(), name)),
    };
    push(&battery.silos[0], data.path(), NAMES[0]);
    let (mut zombies, mut answered, mut reads) = (0, 0, Vec::new());
    for stop in 0..stops {
        let victim = stop % NAMES.len();
        let doors = Doors::of(&battery.silos);
        for (turn, key) in battery.keys.iter().enumerate() {
            battery.write_by(&doors, turn, key);
        }
        let id = battery.id_of(victim, data.path());
        let stopping = Stopping {
            battery: &battery,
            victim: &battery.silos[victim],
            others: battery.living(victim),
            over: AtomicBool::new(false),
        };
        let outcome = stopping.run(&id, &redis);
        zombies += outcome.zombies;
        answered += outcome.answered;
        reads.extend(outcome.reads);
        let ended = battery.silos[victim].wait();
        assert_eq!(ended.code(), Some(TAKEN_FOR_DEAD), "{ended}");
        battery.silos[victim] = redis.silo(data.path(), NAMES[victim]);
    }
    let stale = reads
        .iter()
        .filter(|read| history::is_stale(&read.known, &read.read));
    println!(
        "{stops} stops, {zombies} commits of silos that were taken for dead, none taken; {} notes written; \
         by doors of woken silos {answered} calls and {} reads answered",
        battery.history.len(),
        reads.len(),
    );
    assert_eq!(stale.count(), 0, "reads of what is out of date");
    for silo in &battery.silos {
        let found = battery.history.faults(|key| {
            let answer = try_read(silo.http, key).expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.text());
            let view = answer.json();
            (view["count"].as_u64().expect("a number"), notes_of(&view))
        });
        assert!(found.is_empty(), "{:#?}", &found[..found.len().min(20)]);
    }
    assert!(
        zombies >= stops * ZOMBIES_MIN,
        "it tried {zombies} commits only"
    );
}
