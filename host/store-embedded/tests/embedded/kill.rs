//! kill -9 in the middle of commits: nothing acknowledged is lost.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::fixture::{actor, commit, opened};
use pizza_store::{ActorStore, InspectionStore, StreamStore};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::Durability;

/// Tells this test, run again as a process of its own, what to write to.
const CHILD: &str = "STORE_TO_WRITE_TO";
/// Set for one that writes without an fsync, or for one that keeps nothing at all.
const DURABILITY: &str = "STORE_WRITES_WITH";
pub(crate) const ACTORS: usize = 16;
/// A twentieth of what `just soak` does, by `STORE_KILLS`.
const ROUNDS: usize = 10;
/// How long at most it goes on after what it must have acknowledged, in milliseconds.
const LONGER_MS: u64 = 60;

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
        return write(&PathBuf::from(dir), durability()).await;
    }
    let rounds = std::env::var("STORE_KILLS").ok();
    let rounds = rounds.and_then(|rounds| rounds.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS);
    let dir = tempfile::tempdir().expect("a directory");
    let mut before = HashMap::new();
    let mut random = 0x5eed_u64;
    for round in 0..rounds {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut writer = Writer::start(dir.path(), "process");
        // Each round gets further before it is killed, and a little further by chance.
        writer.read(20 + 400 * (round % 6));
        std::thread::park_timeout(Duration::from_micros((random >> 33) % (LONGER_MS * 1000)));
        writer.child.kill().expect("killed");
        let acknowledged = writer.rest();
        let store = EmbeddedStore::open(dir.path(), options(Durability::Process));
        let missing = missing(&store.expect("opened"), &acknowledged, &mut before).await;
        assert_eq!(missing, Vec::<String>::new(), "after round {round}");
    }
    assert!(before.values().sum::<u64>() > 100 * rounds as u64);
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
    pub(crate) fn start(dir: &Path, durability: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a path"))
            .args([
                "--exact",
                "kill::a_killed_process_has_lost_nothing",
                "--nocapture",
            ])
            .env(CHILD, dir)
            .env(DURABILITY, durability)
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
        self.child.wait().expect("ended");
        self.versions
    }
}

fn durability() -> Durability {
    match std::env::var(DURABILITY).as_deref() {
        Ok("fsync") => Durability::Fsync,
        _ => Durability::Process,
    }
}

async fn write(dir: &Path, durability: Durability) {
    let store = EmbeddedStore::open(dir, options(durability)).expect("opened");
    let store = std::sync::Arc::new(store);
    let mut writers = Vec::new();
    for number in 0..ACTORS {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            let actor = actor(&format!("actor-{number}"));
            let (epoch, version) = opened(&store, &actor).await;
            for version in version.. {
                let commit = commit(&actor, epoch, version);
                store
                    .commit(std::sync::Arc::new(commit))
                    .await
                    .expect("committed");
                let line = format!("ack {number} {} .\n", version + 1);
                let written = std::io::stdout().write_all(line.as_bytes());
                written.expect("the parent reads");
            }
        }));
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
}
