//! Clients that put numbers at the end of lists, and read them, while everything breaks.

use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::RngExt as _;
use serde_json::{Value, json};

use super::history::{History, Operation, Outcome};
use crate::cluster::process::TOKEN;
use crate::common::{Answer, exchange_until};

/// So many clients share a group's actors, of which so many are asked in turn, so often each: judges
/// finish with lists of this length, and an actor lives through a fault meanwhile.
pub(super) const CLIENTS: usize = 4;
const ACTORS: u32 = 8;
const CALLS_OF_EACH: u32 = 20;
/// How long a client waits for an answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// One call of so many is given up after this: what came of it nobody knows, and it may come to something
/// long after.
const IMPATIENT: f64 = 0.05;
const IMPATIENT_DEADLINE: Duration = Duration::from_millis(150);
/// How long it takes nobody for an answer when it connects, and rests between two calls.
const CONNECT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(20);

/// What they have done in a run.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) made: AtomicU64,
    pub(super) answered: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) nothing_done: AtomicU64,
    /// How long answers took that came after more than a second, longest first, in milliseconds.
    pub(super) longest_ms: AtomicU64,
    /// What was said instead of an answer.
    pub(super) said: Mutex<std::collections::BTreeMap<String, u64>>,
}

/// The clients of one run.
pub(super) struct Run<'a> {
    pub(super) name: String,
    pub(super) silos: &'a [SocketAddr],
    pub(super) history: History,
    pub(super) figures: Figures,
    pub(super) stop: AtomicBool,
}

/// What one try came to.
enum Try {
    Saw(Vec<u32>),
    NothingDone,
    Unknown,
}

impl Run<'_> {
    /// One client of a group, until it is told to stop. The calls of a group are numbered by `tickets`.
    pub(super) fn client(&self, group: usize, tickets: &AtomicU32) {
        let mut rng = rand::rng();
        while !self.stop.load(Ordering::Relaxed) {
            let ticket = tickets.fetch_add(1, Ordering::Relaxed);
            let round = ticket / (ACTORS * CALLS_OF_EACH);
            let key = format!("{}-{group}-{}", self.name, round * ACTORS + ticket % ACTORS);
            let operation = if rng.random_bool(0.5) {
                Operation::Append(ticket)
            } else {
                Operation::Read
            };
            let deadline = if rng.random_bool(IMPATIENT) {
                IMPATIENT_DEADLINE
            } else {
                DEADLINE
            };
            let first = rng.random_range(0..self.silos.len());
            self.call(&key, operation, first, deadline);
            std::thread::park_timeout(PAUSE);
        }
    }

    fn call(&self, key: &str, operation: Operation, first: usize, deadline: Duration) {
        let begun = self.history.now();
        let started = Instant::now();
        let in_turn = self.silos.iter().cycle().skip(first);
        let outcome = self.until_deadline(key, &operation, in_turn, started + deadline);
        self.history.note(key, begun, operation, outcome.clone());
        let figures = &self.figures;
        // Who gives up early says nothing of how many are answered in time.
        let is_patient = deadline == DEADLINE || matches!(outcome, Outcome::Saw(_));
        figures
            .made
            .fetch_add(u64::from(is_patient), Ordering::Relaxed);
        let counted = match outcome {
            Outcome::Saw(_) => &figures.answered,
            Outcome::NothingDone => &figures.nothing_done,
            Outcome::Unknown => &figures.unknown,
        };
        counted.fetch_add(1, Ordering::Relaxed);
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        figures.longest_ms.fetch_max(took, Ordering::Relaxed);
    }

    /// Asks one silo after the other, as long as nothing was done: what may have been done is not tried
    /// twice, but that a read was answered to nobody is no harm.
    fn until_deadline<'s>(
        &self,
        key: &str,
        operation: &Operation,
        in_turn: impl Iterator<Item = &'s SocketAddr>,
        until: Instant,
    ) -> Outcome {
        for silo in in_turn {
            let left = until.saturating_duration_since(Instant::now());
            if left < PAUSE {
                break;
            }
            match (self.once(*silo, key, operation, left), operation) {
                (Try::Saw(list), _) => return Outcome::Saw(list),
                (Try::Unknown, Operation::Append(_)) => return Outcome::Unknown,
                (Try::Unknown, Operation::Read) | (Try::NothingDone, _) => {
                    std::thread::park_timeout(PAUSE);
                }
            }
        }
        Outcome::NothingDone
    }

    fn once(&self, silo: SocketAddr, key: &str, operation: &Operation, left: Duration) -> Try {
        let Ok(stream) = TcpStream::connect_timeout(&silo, left.min(CONNECT)) else {
            return Try::NothingDone;
        };
        if stream.set_read_timeout(Some(left)).is_err() {
            return Try::NothingDone;
        }
        let (method, arguments) = match operation {
            Operation::Append(number) => {
                let note = json!({"note": number.to_string()});
                ("act", json!({ "steps": [note] }))
            }
            Operation::Read => ("read", json!({})),
        };
        let path = format!("/actors/probe/{key}/call/{method}");
        let token = format!("Bearer {TOKEN}");
        let headers = [("authorization", token.as_str())];
        let body = arguments.to_string();
        match exchange_until(stream, "POST", &path, &headers, Some(body.as_bytes())) {
            Some(answer) => self.read(&answer),
            None => self.noted("no answer", Try::Unknown),
        }
    }

    fn read(&self, answer: &Answer) -> Try {
        // Cut off in the middle is no answer.
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return self.noted("half an answer", Try::Unknown);
        };
        if answer.status == 200 {
            return match list_of(&body) {
                Some(list) => Try::Saw(list),
                None => panic!("{body}"),
            };
        }
        let code = body["type"].as_str().unwrap_or_default();
        let code = code.trim_start_matches("urn:silo:problem:");
        // Their texts promise that nothing was done; that is held against them.
        let promise = [
            "unreachable",
            "deadline",
            "overloaded",
            "moved",
            "shutting-down",
        ];
        let told = if promise.contains(&code) {
            Try::NothingDone
        } else {
            Try::Unknown
        };
        self.noted(code, told)
    }

    fn noted(&self, what: &str, told: Try) -> Try {
        let mut said = self.figures.said.lock().expect("unpoisoned");
        *said.entry(what.to_owned()).or_default() += 1;
        told
    }
}

fn list_of(body: &Value) -> Option<Vec<u32>> {
    // What may decline says that it did not.
    let view = body["reply"].get("ok").unwrap_or(&body["reply"]);
    let notes = view["notes"].as_array()?;
    let number = |note: &Value| note.as_str()?.parse().ok();
    notes.iter().map(number).collect()
}
