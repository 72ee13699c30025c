//! Events on their way from commits to their streams while the silos that bring them are killed: whoever
//! reads a stream sees all of them, in order and once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pizza_store::StreamKey;
use redis::Connection;
use serde_json::{Value, json};

use super::probes::{Doors, Stop, count, metric, push};
use super::redis::silo_on;
use super::redis_cluster::RedisCluster;
use crate::common::{machine, until_within};

/// A twentieth of what `just soak` does, by `RELAY_EVENTS`: there is a kill for so many of them.
const EVENTS: usize = 5_000;
const KILLS_MIN: usize = 2;
const ACTORS: usize = 1_000;
const STREAMS: usize = 50;
/// So many events leave with one turn.
const EACH: usize = 5;
const CLIENTS: usize = 6;
/// How many shards a silo has to guard when it is killed, of 1,024.
const GUARDED_MIN: u64 = 100;
/// How long what is left in a log has to lie there to be one that nobody guards. Silos are taken for dead
/// after 900 ms.
const LEFT_FOR: Duration = Duration::from_millis(400);
const STEP_MAX: Duration = Duration::from_secs(300);

/// What a reader has seen of a stream: positions and payloads, in the order in which it has seen them.
type Seen = Vec<(u64, String)>;

struct Stream {
    name: String,
    /// Which server has it.
    server: usize,
    seen: Seen,
}

impl Stream {
    fn new(number: usize) -> Self {
        let of = StreamKey {
            stream: "probes".into(),
            key: format!("s{number}").into(),
        };
        Self {
            name: format!("{{{}}}:s:{}\0{}", of.shard().0, of.stream, of.key),
            server: 0,
            seen: Vec::new(),
        }
    }

    /// Everything behind a position.
    fn after(&mut self, position: u64, servers: &mut [Connection]) -> Seen {
        let mut command = redis::cmd("XRANGE");
        command
            .arg(&self.name)
            .arg(format!("({position}-0"))
            .arg("+");
        loop {
            match command.query::<Vec<(String, Vec<String>)>>(&mut servers[self.server]) {
                Ok(entries) => return entries.into_iter().map(read).collect(),
                // Another one has its slot: none moves here.
                Err(_) => self.server = (self.server + 1) % servers.len(),
            }
        }
    }

    fn read_on(&mut self, servers: &mut [Connection]) -> usize {
        let last = self.seen.last().map_or(0, |(position, _)| *position);
        let new = self.after(last, servers);
        self.seen.extend(new);
        self.seen.len()
    }
}

/// An entry of a stream, whose fields are when its turn began and the payload.
fn read((id, fields): (String, Vec<String>)) -> (u64, String) {
    let position = id.split('-').next().and_then(|id| id.parse().ok());
    let payload: Value = serde_json::from_str(&fields[3]).expect("a payload");
    let payload = payload.as_str().expect("a text").to_owned();
    (position.expect("a position"), payload)
}

/// What is wrong with what was seen of all streams, of so many events in all: each is `actor number`, and
/// an actor numbers its own from 0 on.
fn faults<'s>(streams: impl IntoIterator<Item = &'s Seen>, events: usize) -> Vec<String> {
    let (mut faults, mut total) = (Vec::new(), 0);
    for (stream, seen) in streams.into_iter().enumerate() {
        let mut next: BTreeMap<&str, usize> = BTreeMap::new();
        total += seen.len();
        for ((position, payload), expected) in seen.iter().zip(1..) {
            if *position != expected {
                faults.push(format!("s{stream} has {position} at {expected}"));
            }
            let (actor, number) = payload.split_once(' ').expect("an actor and a number");
            let next = next.entry(actor).or_default();
            if number != next.to_string() {
                faults.push(format!("s{stream} has {payload} at {position}, not {next}"));
            }
            *next += 1;
        }
    }
    if total != events {
        faults.push(format!("{total} events of {events}"));
    }
    faults
}

/// Shards with something in their logs, and its first number.
fn waiting(servers: &mut [Connection]) -> BTreeSet<String> {
    let script = "local found = {} for _, key in ipairs(redis.call('KEYS', '{*}:l')) do \
                  local first = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1] \
                  if first then found[#found + 1] = key .. ' ' .. first[1] end end return found";
    let asked = servers.iter_mut().flat_map(|server| {
        let found = redis::cmd("EVAL")
            .arg(script)
            .arg(0)
            .query::<Vec<String>>(server);
        found.expect("it looks")
    });
    asked.collect()
}

/// What an actor publishes in one of its turns.
fn steps(actor: usize, round: usize) -> Value {
    let events = (round * EACH..(round + 1) * EACH).map(|number| {
        let key = format!("s{}", actor % STREAMS);
        let payload = format!("a{actor} {number}");
        json!({"publish": {"stream": "probes", "key": key, "payload": payload}})
    });
    events.collect()
}

struct Load {
    doors: Doors,
    rounds: usize,
    made: AtomicUsize,
    stop: AtomicBool,
}

impl Load {
    fn publish(&self, client: usize) {
        for round in 0..self.rounds {
            for actor in (client..ACTORS).step_by(CLIENTS) {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                let (key, id) = (format!("a{actor}"), format!("a{actor}-{round}"));
                self.doors
                    .act(actor + round, &key, &id, &steps(actor, round));
                self.made.fetch_add(EACH, Ordering::Relaxed);
            }
        }
    }

    fn have_left(&self, events: usize) -> Option<()> {
        (self.made.load(Ordering::Relaxed) >= events).then_some(())
    }
}

/// Reads all streams on and on, until all events are there or somebody stops it.
fn follow(servers: &mut [Connection], load: &Load, events: usize) -> Vec<Stream> {
    let mut streams: Vec<Stream> = (0..STREAMS).map(Stream::new).collect();
    while !load.stop.load(Ordering::Relaxed) {
        let seen = streams.iter_mut().map(|stream| stream.read_on(servers));
        if seen.sum::<usize>() >= events {
            break;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    streams
}

#[test]
#[allow(clippy::print_stdout, reason = "measured figures")]
fn every_event_is_in_its_stream_once_and_in_order_when_guardians_are_killed() {
    let events = count("RELAY_EVENTS", EVENTS).next_multiple_of(ACTORS * EACH);
    let kills = (events / EVENTS).max(KILLS_MIN);
    let _few = machine::with_few();
    let redis = RedisCluster::start();
    let data = tempfile::tempdir().expect("a directory");
    let names = ["one", "two", "three"];
    let open = |name| silo_on(&redis.url(), data.path(), name, "");
    let mut silos = names.map(open);
    push(&silos[0], data.path(), names[0]);
    let load = Load {
        doors: Doors::of(&silos),
        rounds: events / (ACTORS * EACH),
        made: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    };
    let mut servers = redis.connections();
    let (begun, mut left) = (Instant::now(), 0);
    let streams = thread::scope(|scope| {
        let following = scope.spawn(|| follow(&mut redis.connections(), &load, events));
        let stop = Stop(&load.stop);
        for client in 0..CLIENTS {
            let load = &load;
            scope.spawn(move || load.publish(client));
        }
        for kill in 0..kills {
            let enough = || load.have_left((kill * 2 + 1) * events / (kills * 2));
            until_within(STEP_MAX, "events to leave", enough);
            let victim = kill % names.len();
            let guarded = metric(silos[victim].http, "pizza_cluster_shards_guarded", "");
            assert!(guarded >= GUARDED_MIN, "it guards {guarded} shards");
            silos[victim].kill_and_wait();
            let before = waiting(&mut servers);
            thread::park_timeout(LEFT_FOR);
            left += before.intersection(&waiting(&mut servers)).count();
            silos[victim] = open(names[victim]);
            load.doors.change(victim, silos[victim].http);
        }
        until_within(STEP_MAX, "all events to leave", || load.have_left(events));
        let arrived = || following.is_finished().then_some(());
        until_within(STEP_MAX, "all events to arrive", arrived);
        drop(stop);
        following.join().expect("no panic")
    });
    let took = begun.elapsed();
    println!(
        "{events} events of {ACTORS} actors in {STREAMS} streams and {took:.1?}, {kills} guardians killed, \
         {left} logs left by them"
    );
    assert!(left >= kills, "{left} logs had something in them");
    let found = faults(streams.iter().map(|stream| &stream.seen), events);
    assert!(found.is_empty(), "{:#?}", &found[..found.len().min(20)]);
    // Who comes when all is over sees the same.
    for mut stream in streams {
        assert_eq!(
            stream.after(0, &mut servers),
            stream.seen,
            "{}",
            stream.name
        );
    }
}

/// The planted mistakes: what a relay would do that passes over an event, brings one twice, or gives a
/// position twice or not at all.
#[test]
fn a_gap_and_a_repeat_are_found() {
    let seen: Seen = (0..4).map(|n| (n + 1, format!("a1 {n}"))).collect();
    let of = |change: &dyn Fn(&mut Seen)| {
        let mut changed = seen.clone();
        change(&mut changed);
        faults([&changed], 4).len()
    };
    assert_eq!(of(&|_| ()), 0);
    assert_ne!(of(&|seen| drop(seen.remove(1))), 0, "one is missing");
    assert_ne!(of(&|seen| drop(seen.pop())), 0, "the last is missing");
    assert_ne!(
        of(&|seen| seen.insert(1, seen[1].clone())),
        0,
        "one is there twice"
    );
    assert_ne!(of(&|seen| seen[3].0 = 5), 0, "a position is missing");
    assert_ne!(
        of(&|seen| seen[3].1 = "a1 2".to_owned()),
        0,
        "another one twice"
    );
    let swapped = |seen: &mut Seen| {
        let [.., (_, one), (_, other), _] = &mut seen[..] else {
            return;
        };
        std::mem::swap(one, other);
    };
    assert_ne!(of(&swapped), 0, "they passed each other");
}
