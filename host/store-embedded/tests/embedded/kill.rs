//! kill -9 in the middle of commits: nothing acknowledged is lost.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::fixture::{actor, commit, opened};
use pizza_store::{ActorStore, InspectionStore, StreamStore};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::Durability;

/// Tells this test, run again as a process of its own, what to write to.
const CHILD: &str = "STORE_TO_WRITE_TO";
/// How it writes: with `fsync`, with what survives the `process`, or with a planted mistake, `early`
/// or `held back`.
const MANNER: &str = "STORE_WRITES_WITH";
pub(crate) const ACTORS: usize = 16;
/// A twentieth of what `just soak` does, by `STORE_KILLS`.
const ROUNDS: usize = 10;
/// How long at most it goes on after what it must have acknowledged, in milliseconds.
const LONGER_MS: u64 = 60;
/// So many commits of an actor are held back, where that is the planted mistake.
const HELD_BACK: usize = 4;

pub(crate) fn options(durability: Durability) -> Options {
    Options {
        durability,
        segment_bytes: 256 << 10,
        ..Options::default()
    }
}

#[tokio::test]
async fn a_killed_process_has_lost_nothing() {
    if let Some(dir) = std::env::var_os(CHILD) {
        let manner = std::env::var(MANNER).expect("whoever started it says how");
        return write(&PathBuf::from(dir), &manner).await;
    }
    let rounds = std::env::var("STORE_KILLS").ok();
    let rounds = rounds.and_then(|rounds| rounds.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS);
    let (missing, commits) = kill(rounds, "process").await;
    assert_eq!(missing, Vec::<String>::new());
    assert!(commits > 100 * rounds as u64, "{commits} commits");
}

/// The planted mistakes: a store that answers when a commit is staged and not yet handed to the
/// kernel, and one that answers while it waits for more to write with it, and so loses its last
/// group. Neither is one in production: it is the process that writes here that answers for it.
#[tokio::test]
async fn a_store_that_answers_too_early_is_found_out() {
    const ROUNDS: usize = 4;
    for manner in ["early", "held back"] {
        let (missing, commits) = kill(ROUNDS, manner).await;
        assert!(
            !missing.is_empty(),
            "{manner}: nothing of {commits} is lost"
        );
    }
}

/// So many times, a process that writes in this manner is killed; what it has acknowledged and the
/// store does not have, and how many commits it has.
async fn kill(rounds: usize, manner: &str) -> (Vec<String>, u64) {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut all_missing, mut before) = (Vec::new(), HashMap::new());
    let mut random = 0x5eed_u64;
    for round in 0..rounds {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut writer = Writer::start(dir.path(), manner);
        // Each round gets further before it is killed, and a little further by chance.
        writer.read(20 + 400 * (round % 6));
        std::thread::park_timeout(Duration::from_micros((random >> 33) % (LONGER_MS * 1000)));
        writer.child.kill().expect("killed");
        let acknowledged = writer.rest();
        let found = match EmbeddedStore::open(dir.path(), options(Durability::Process)) {
            Ok(store) => missing(&store, &acknowledged, &mut before).await,
            Err(error) => vec![error.to_string()],
        };
        all_missing.extend(found.iter().map(|what| format!("round {round}: {what}")));
    }
    (all_missing, before.values().sum())
}

/// What is not there although it was acknowledged, now or `before`; anything else that is not as it
/// should be is a panic. `before` is then what is there.
pub(crate) async fn missing(
    store: &EmbeddedStore,
    acknowledged: &HashMap<usize, u64>,
    before: &mut HashMap<usize, u64>,
) -> Vec<String> {
    let mut missing = Vec::new();
    for number in 0..ACTORS {
        let actor = actor(&format!("actor-{number}"));
        let at_least = acknowledged.get(&number).copied().unwrap_or(0);
        let at_least = at_least.max(before.get(&number).copied().unwrap_or(0));
        let record = store.record(&actor).await.expect("readable");
        let version = record.map_or(0, |record| record.version);
        if version < at_least {
            missing.push(format!("{actor}: {version}, not {at_least}"));
        }
        before.insert(number, version);
        let events = store.events("counts", actor.key(), 0, usize::MAX).await;
        let events = events.expect("readable");
        assert_eq!(
            events.len() as u64,
            version,
            "all of each commit, or nothing"
        );
        for (event, at) in events.iter().zip(0..) {
            assert_eq!(event.position, at + 1);
            assert_eq!(event.payload, format!("{actor} at {at} "));
        }
    }
    missing
}

/// A process that commits for as long as it lives.
pub(crate) struct Writer {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The version that it acknowledged last of each actor.
    versions: HashMap<usize, u64>,
}

impl Writer {
    pub(crate) fn start(dir: &Path, manner: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a path"))
            .args([
                "--exact",
                "kill::a_killed_process_has_lost_nothing",
                "--nocapture",
            ])
            .env(CHILD, dir)
            .env(MANNER, manner)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("started");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self {
            child,
            lines,
            versions: HashMap::new(),
        }
    }

    fn next(&mut self) -> bool {
        for line in self.lines.by_ref() {
            let line = line.expect("readable");
            let mut words = line.split_whitespace();
            // A line that the end has cut off counts as well: it was acknowledged, or does not parse.
            if words.next() == Some("ack")
                && let Some(Ok(number)) = words.next().map(str::parse)
                && let Some(Ok(version)) = words.next().map(str::parse)
                && words.next() == Some(".")
            {
                self.versions.insert(number, version);
                return true;
            }
        }
        false
    }

    /// Reads so many acknowledgements.
    pub(crate) fn read(&mut self, count: usize) {
        for seen in 0..count {
            assert!(self.next(), "the writer ended after {seen} commits");
        }
    }

    /// Waits for its end; all that it has acknowledged.
    pub(crate) fn rest(mut self) -> HashMap<usize, u64> {
        while self.next() {}
        let status = self.child.wait().expect("ended");
        assert_eq!(status.signal(), Some(9), "it ended by itself: {status}");
        self.versions
    }
}

async fn write(dir: &Path, manner: &str) {
    let (durability, group, is_early) = match manner {
        "process" => (Durability::Process, 1, false),
        "fsync" => (Durability::Fsync, 1, false),
        "early" => (Durability::Fsync, 1, true),
        "held back" => (Durability::Process, HELD_BACK, false),
        other => panic!("nobody writes with {other:?}"),
    };
    let store = EmbeddedStore::open(dir, options(durability)).expect("opened");
    let store = Arc::new(store);
    let mut writers = Vec::new();
    for number in 0..ACTORS {
        let store = Arc::clone(&store);
        writers.push(tokio::spawn(async move {
            let actor = actor(&format!("actor-{number}"));
            let (epoch, version) = opened(&store, &actor).await;
            let mut held = Vec::new();
            for version in version.. {
                held.push(Arc::new(commit(&actor, epoch, version)));
                if held.len() < group {
                    acknowledge(number, version + 1);
                    continue;
                }
                let tickets: Vec<_> = held.drain(..).map(|commit| store.commit(commit)).collect();
                if is_early {
                    acknowledge(number, version + 1);
                }
                for ticket in tickets {
                    ticket.await.expect("committed");
                }
                if !is_early {
                    acknowledge(number, version + 1);
                }
            }
        }));
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
}

fn acknowledge(number: usize, version: u64) {
    let line = format!("ack {number} {version} .\n");
    let written = std::io::stdout().write_all(line.as_bytes());
    written.expect("the parent reads");
}
