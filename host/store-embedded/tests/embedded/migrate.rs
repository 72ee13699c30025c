//! A directory of the format before there was a log is taken over.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use fjall::KeyspaceCreateOptions;
use pizza_store::apply::Head;
use pizza_store::{ActorStore, Commit, FactStore, InspectionStore, StreamStore};
use pizza_store_embedded::{EmbeddedStore, OpenError, Options};
use pizza_types::State;
use serde::Serialize;

use crate::fixture::{actor, commit, fill, open, opened, read, silo};

const BATCHES: u64 = 5;
const VERSION_AT: std::ops::Range<usize> = 8..12;
const FIELDS: usize = 22;

fn row(value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, vec![1]).expect("encoded")
}

/// Sets the version in the header, which is 1 for the older format.
fn set_version(dir: &Path, version: u32) {
    let header = dir.join("store");
    let mut bytes = fs::read(&header).expect("a header");
    bytes[VERSION_AT].copy_from_slice(&version.to_le_bytes());
    let sum = blake3::hash(&bytes[..FIELDS]);
    bytes[FIELDS..].copy_from_slice(&sum.as_bytes()[..16]);
    fs::write(header, bytes).expect("written");
}

fn version(dir: &Path) -> u32 {
    let bytes = fs::read(dir.join("store")).expect("a header");
    u32::from_le_bytes(bytes[VERSION_AT].try_into().expect("four bytes"))
}

/// Says that everything up to `sequence` was acknowledged, as the witness does.
fn acknowledge(dir: &Path, sequence: u64) {
    let path = dir.join("acknowledged");
    let mut bytes = fs::read(&path).expect("a witness");
    bytes[..8].copy_from_slice(&sequence.to_le_bytes());
    let sum = blake3::hash(&bytes[..25]);
    bytes[25..41].copy_from_slice(&sum.as_bytes()[..16]);
    fs::write(path, bytes).expect("written");
}

/// The head of an actor that was claimed, as the older program did before a first commit.
fn opened_once() -> Head {
    Head {
        version: 0,
        epoch: 1,
        owner: silo(),
        module: None,
        ended_ms: None,
    }
}

fn old_state() -> State {
    State {
        schema: 1,
        bytes: Bytes::from_static(b"old"),
    }
}

/// What the older program leaves: batches with a number each, in the database's journal, and
/// no log. The last batch is torn if `is_torn`.
fn older(is_torn: bool) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    drop(EmbeddedStore::open(dir.path(), Options::default()).expect("made"));
    fs::remove_dir_all(dir.path().join("log")).expect("removed");
    set_version(dir.path(), 1);
    acknowledge(dir.path(), BATCHES);

    let db = fjall::Database::builder(dir.path().join("data"));
    let db = db.open().expect("opened");
    let table = |name| db.keyspace(name, KeyspaceCreateOptions::default);
    let (system, meta, actors) = (table("system"), table("meta"), table("actors"));
    let (system, meta) = (system.expect("there"), meta.expect("there"));
    let actors = actors.expect("there");
    let (states, heads) = (table("states"), table("stream-heads"));
    let (states, heads) = (states.expect("there"), heads.expect("there"));
    for number in 1..=BATCHES {
        let mut batch = db.batch();
        batch.insert(&system, "pizza.sequence", row(&(number, db.seqno())));
        let fact = row(&Bytes::from(number.to_string()));
        batch.insert(&meta, "fact\0", fact);
        let id = actor("a");
        let key = [&id.shard().0.to_be_bytes()[..], b"meter\0a\0"].concat();
        batch.insert(&actors, key.clone(), row(&opened_once()));
        batch.insert(&states, key, row(&old_state()));
        batch.insert(&heads, "counts\0a\0", row(&number));
        batch.commit().expect("written");
    }
    db.persist(fjall::PersistMode::SyncAll).expect("synced");
    drop((system, meta, actors, states, heads, db));
    if is_torn {
        let journal = dir.path().join("data/0.jnl");
        let mut bytes = fs::read(&journal).expect("a journal");
        let last = bytes.iter().rposition(|byte| *byte != 0);
        bytes[last.expect("something in it") - 20] ^= 1;
        fs::write(journal, bytes).expect("written");
    }
    dir
}

#[tokio::test]
async fn an_older_directory_is_taken_over_at_start() {
    let dir = older(false);
    let facts = [BATCHES.to_string(), String::from("newer")];
    for (commits, fact) in (0..).zip(facts) {
        let store = EmbeddedStore::open(dir.path(), Options::default()).expect("opened");
        assert_eq!(
            version(dir.path()),
            3,
            "an older program would miss commits"
        );
        assert_eq!(
            store.fact("fact").await.expect("readable"),
            Some(fact.into())
        );
        let record = store.record(&actor("a")).await.expect("readable");
        let state = record.and_then(|record| record.state);
        assert_eq!(state == Some(old_state()), commits == 0, "{state:?}");
        let head = store.stream_head("counts", "a").await;
        assert_eq!(head, Ok(BATCHES + commits), "positions go on");
        let (epoch, version) = opened(&store, &actor("a")).await;
        let next = Commit {
            epoch,
            ..commit(&actor("a"), epoch, version)
        };
        store
            .commit(std::sync::Arc::new(next))
            .await
            .expect("committed");
        let newer = Bytes::from_static(b"newer");
        store.set_fact("fact", newer).await.expect("noted");
    }
    let store = EmbeddedStore::open(dir.path(), Options::default()).expect("opened");
    let record = store.record(&actor("a")).await.expect("readable");
    assert_eq!(record.expect("made").version, 2);
}

/// Whoever reads all of it opens the actors at the end, which makes them another's the next time.
fn unopened(text: &str) -> String {
    let lines = text.lines();
    lines
        .map(|line| line.split("epoch:").next().unwrap_or(line).to_owned() + "\n")
        .collect()
}

/// Its log has rows that follow from others, and its actors have states beside them.
#[tokio::test]
async fn a_directory_with_all_rows_in_its_log_is_taken_over() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 3, 4).await;
    let all = unopened(&read(&store, 3).await.expect("readable"));
    drop(store);
    set_version(dir.path(), 2);
    let store = open(dir.path());
    assert_eq!(version(dir.path()), 3, "an older program would miss rows");
    let again = read(&store, 3).await.expect("readable");
    assert_eq!(unopened(&again), all);
}

#[test]
fn an_older_directory_that_misses_something_is_refused() {
    let dir = older(true);
    let error = EmbeddedStore::open(dir.path(), Options::default()).err();
    let error = error.expect("refused");
    assert!(matches!(error, OpenError::Missing { .. }), "{error}");
    assert_eq!(version(dir.path()), 1);
}
