//! Actors that do what they are told, asked by any door of a cluster.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{Answer, Pizza, exchange, probe, request};

/// How long somebody may wait until what they ask for is done, whatever happens meanwhile.
const DONE_WITHIN: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// Lets probes serve on all silos.
pub(super) fn push(silo: &Pizza, data: &Path, name: &str) {
    probe::push(silo, &data.join(name), data);
}

/// The doors of the silos, of which some may be closed.
pub(super) struct Doors(Mutex<Vec<SocketAddr>>);

impl Doors {
    pub(super) fn of<'p>(silos: impl IntoIterator<Item = &'p Pizza>) -> Self {
        let doors = silos.into_iter().map(|silo| silo.http);
        Self(Mutex::new(doors.collect()))
    }

    /// A silo was started anew, and has another one.
    pub(super) fn change(&self, silo: usize, to: SocketAddr) {
        self.0.lock().expect("unpoisoned")[silo] = to;
    }

    fn nth(&self, turn: usize) -> SocketAddr {
        let doors = self.0.lock().expect("unpoisoned");
        doors[turn % doors.len()]
    }

    /// What a probe answers in the end: asked by one door after another, under one id, so that it does
    /// the steps once.
    pub(super) fn act(&self, first: usize, key: &str, id: &str, steps: &Value) -> Value {
        let begun = Instant::now();
        let mut last = None;
        for turn in first.. {
            let done = begun.elapsed() < DONE_WITHIN;
            assert!(done, "{id} of {key} is not done: {last:?}");
            match try_act(self.nth(turn), key, id, steps) {
                Some(answer) if answer.status == 200 => return answer.json(),
                Some(answer) if answer.status < 500 && answer.status != 429 => {
                    panic!("{id} of {key}: {} {}", answer.status, answer.text())
                }
                other => last = other.map(|answer| answer.text()),
            }
            thread::park_timeout(PAUSE);
        }
        unreachable!("it is done or not")
    }
}

/// One question to a probe; `None` when nobody answers.
pub(super) fn try_act(at: SocketAddr, key: &str, id: &str, steps: &Value) -> Option<Answer> {
    let body = json!({ "steps": steps }).to_string();
    let path = format!("/api/actors/probe/{key}/act");
    let stream = TcpStream::connect(at).ok()?;
    let id = [("idempotency-key", id)];
    exchange(stream, "POST", &path, &id, Some(body.as_bytes()))
}

/// What a probe remembers, asked by one door.
pub(super) fn try_read(at: SocketAddr, key: &str) -> Option<Answer> {
    let stream = TcpStream::connect(at).ok()?;
    let path = format!("/api/actors/probe/{key}/read");
    exchange(stream, "POST", &path, &[], None)
}

pub(super) fn notes_of(view: &Value) -> Vec<String> {
    let notes = view["notes"].as_array().expect("notes").iter();
    notes
        .map(|note| note.as_str().expect("a text").to_owned())
        .collect()
}

/// The sum of a metric of a silo over what its labels say, of the lines that contain `label`.
pub(super) fn metric(at: SocketAddr, name: &str, label: &str) -> u64 {
    let text = request(at, "GET", "/metrics", &[], None).text();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let lines = lines.filter(|line| line.starts_with(name) && line.contains(label));
    let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it counts"
    )]
    values.map(|value| value as u64).sum()
}

/// Ends what others do until then, also when a test fails: a scope waits for its threads.
pub(super) struct Stop<'a>(pub(super) &'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A count from the environment: a battery's full one, or another than the usual.
pub(super) fn count(variable: &str, usually: usize) -> usize {
    std::env::var(variable).map_or(usually, |count| count.parse().expect("a number"))
}
