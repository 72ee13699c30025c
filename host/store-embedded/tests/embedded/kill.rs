//! kill -9 in the middle of commits: nothing acknowledged is lost.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fixture::{actor, commit, opened};
use pizza_store::{ActorStore, InspectionStore, StreamStore};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::Durability;

/// Tells this test, run again as a process of its own, what to write to.
const CHILD: &str = "STORE_TO_WRITE_TO";
const ACTORS: usize = 16;
const ROUNDS: usize = 6;

fn options(durability: Durability) -> Options {
    Options {
        durability,
        segment_bytes: 256 << 10,
        ..Options::default()
    }
}

#[tokio::test]
async fn a_killed_process_has_lost_nothing() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return write(&PathBuf::from(dir)).await;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let mut before = HashMap::new();
    for round in 0..ROUNDS {
        // Each round gets further before it is killed.
        let acknowledged = run_and_kill(dir.path(), 20 + 400 * round);
        let store = EmbeddedStore::open(dir.path(), options(Durability::Process));
        let store = store.expect("opened");
        for number in 0..ACTORS {
            let actor = actor(&format!("actor-{number}"));
            let Some(record) = store.record(&actor).await.expect("readable") else {
                assert_eq!(acknowledged.get(&number), None);
                continue;
            };
            let version = record.version;
            let at_least = acknowledged.get(&number).copied().unwrap_or(0);
            let at_least = at_least.max(before.get(&number).copied().unwrap_or(0));
            assert!(version >= at_least, "{actor}: {version}, not {at_least}");
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
    }
    assert!(before.values().sum::<u64>() > 1000);
}

/// Runs a writer until it has acknowledged `count` commits, kills it, and returns the
/// version that it acknowledged last of each actor.
fn run_and_kill(dir: &Path, count: usize) -> HashMap<usize, u64> {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .args([
            "--exact",
            "kill::a_killed_process_has_lost_nothing",
            "--nocapture",
        ])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("started");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut versions = HashMap::new();
    let mut seen = 0;
    for line in lines {
        let line = line.expect("readable");
        let mut words = line.split_whitespace();
        if words.next() != Some("ack") {
            continue;
        }
        let numbers: Vec<u64> = words.map(|word| word.parse().expect("a number")).collect();
        versions.insert(numbers[0] as usize, numbers[1]);
        seen += 1;
        if seen == count {
            child.kill().expect("killed");
        }
    }
    child.wait().expect("ended");
    assert!(seen >= count, "the writer ended after {seen} commits");
    versions
}

async fn write(dir: &Path) {
    let store = EmbeddedStore::open(dir, options(Durability::Process)).expect("opened");
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
                let line = format!("ack {number} {}\n", version + 1);
                let written = std::io::stdout().write_all(line.as_bytes());
                written.expect("the parent reads");
            }
        }));
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
}
