//! What is asked of the silos, and what they answered. Clients live where the silos do, as those of a
//! gateway in the same process would: when a silo crashes, its clients hear nothing more.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pizza_runtime::Silo;
use pizza_types::{Body, CallError, Chain, Envelope, MessageId, Reply};
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::account::{ACCOUNTS, account};
use crate::plan::{END_MS, HEALED_MS};
use crate::sums;
use crate::trace::{Trace, now_ms};

/// How long a call may take, in milliseconds, and how often it is made at most.
const WAIT_MS: u64 = 2_000;
const TRIES_MAX: u32 = 3;

/// A call, and what became of it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub id: String,
    pub method: &'static str,
    pub key: String,
    pub to: String,
    pub amount: i64,
    pub delay_ms: u64,
    pub begun_ms: u64,
    /// When it was answered; `None` for one of which nothing is known.
    pub answered_ms: Option<u64>,
    /// What was read.
    pub read: Vec<String>,
}

/// All calls of a simulation, and what was wrong with them. Cheap to clone.
#[derive(Clone, Default)]
pub struct History(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    asked: Vec<Asked>,
    wrong: Vec<String>,
}

impl History {
    fn begin(&self, asked: Asked) -> usize {
        let mut inside = self.0.lock();
        inside.asked.push(asked);
        inside.asked.len() - 1
    }

    fn answered(&self, at: usize, read: Vec<String>) {
        let mut inside = self.0.lock();
        let asked = &mut inside.asked[at];
        asked.answered_ms = Some(now_ms());
        asked.read = read;
    }

    pub fn wrong(&self, what: String) {
        self.0.lock().wrong.push(what);
    }

    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.0.lock().asked.clone()
    }

    #[must_use]
    pub fn all_wrong(&self) -> Vec<String> {
        self.0.lock().wrong.clone()
    }
}

/// One client of one silo.
pub struct Client {
    pub name: String,
    /// It never waits for a store that is away.
    pub only_reads: bool,
    pub silo: Silo,
    pub rng: StdRng,
    pub history: History,
    pub trace: Trace,
}

impl Client {
    /// Asks, one call after the other, until the simulation ends.
    pub async fn run(mut self) {
        let mut number = 0;
        while now_ms() < END_MS {
            number += 1;
            let asked = self.next(format!("{}-{number}", self.name));
            self.ask(asked).await;
            let pause_ms = self.rng.random_range(5..80);
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
    }

    fn next(&mut self, id: String) -> Asked {
        let key = self.rng.random_range(0..ACCOUNTS);
        // Only upwards, or two who ask each other wait until their deadline, which is right, and
        // tells nothing.
        let to = (key + self.rng.random_range(1..ACCOUNTS)) % ACCOUNTS;
        let method = match self.rng.random_range(0..20) {
            0..6 => "add",
            6..10 => "move",
            10..12 if to > key => "both",
            10..14 => "tell",
            14..16 => "later",
            16 => sums::TYPE,
            _ => "read",
        };
        let method = if self.only_reads { "read" } else { method };
        Asked {
            id,
            method,
            key: format!("k{key}"),
            to: format!("k{to}"),
            amount: self.rng.random_range(1..100),
            delay_ms: if method == "later" {
                self.rng.random_range(300..4_000)
            } else {
                [0, 0, 0, 700][self.rng.random_range(0..4)]
            },
            begun_ms: now_ms(),
            answered_ms: None,
            read: Vec::new(),
        }
    }

    async fn ask(&mut self, asked: Asked) {
        let at = self.history.begin(asked.clone());
        for attempt in 1..=TRIES_MAX {
            let answer = self.silo.deliver(self.envelope(&asked)).await;
            self.trace.note(|| told(&asked, &answer));
            match answer {
                Ok(reply) => {
                    let read: Vec<String> = serde_json::from_slice(&reply.body).unwrap_or_default();
                    if asked.method == sums::TYPE && read != [sums::sum(&asked.id, asked.amount)] {
                        let told = format!("{} was answered {read:?}", asked.id);
                        self.history.wrong(told);
                    }
                    let is_read = asked.method == "read";
                    return self
                        .history
                        .answered(at, if is_read { read } else { Vec::new() });
                }
                Err(error) if begun_after(&asked, HEALED_MS) && attempt == TRIES_MAX => {
                    let text = format!("{} at {}: {error}", asked.id, asked.begun_ms);
                    self.history
                        .wrong(format!("no service after healing: {text}"));
                }
                // The same again, under the same id: nothing is known of it.
                Err(_) => {}
            }
        }
    }

    fn envelope(&self, asked: &Asked) -> Envelope {
        let arguments = json!({
            "id": asked.id, "to": asked.to, "amount": asked.amount, "delay": asked.delay_ms,
        });
        let arguments: Value = arguments;
        Envelope {
            target: if asked.method == sums::TYPE {
                sums::worker(&asked.key)
            } else {
                account(&asked.key)
            },
            body: Body::Call {
                method: asked.method.into(),
                arguments: arguments.to_string().into(),
            },
            id: MessageId::derive("asked", &[asked.id.as_bytes()]),
            deadline_ms: self.silo.now_ms() + WAIT_MS,
            chain: Chain::default(),
            caller: None,
            trace: None,
        }
    }
}

fn begun_after(asked: &Asked, at_ms: u64) -> bool {
    asked.begun_ms >= at_ms
}

fn told(asked: &Asked, answer: &Result<Reply, CallError>) -> String {
    let Asked {
        id, method, key, ..
    } = asked;
    match answer {
        Ok(reply) => format!("{id} {method} {key}: {} bytes", reply.body.len()),
        Err(error) => format!("{id} {method} {key}: {error}"),
    }
}
