//! Directories that are refused, and what is said of them.

use std::fs;
use std::path::Path;

use crate::fixture::{actor, commit, copy, fill, open, small_tables};
use pizza_store::{ActorStore, InspectionStore};
use pizza_store_embedded::{EmbeddedStore, OpenError, Options};

fn refusal(dir: &Path) -> String {
    match EmbeddedStore::open(dir, Options::default()) {
        Ok(_) => panic!("{} was opened", dir.display()),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn says(refusal: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(refusal.contains(fragment), "no {fragment:?} in: {refusal}");
    }
}

#[test]
fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    let holder = format!("process {}", std::process::id());
    says(&refusal(dir.path()), &["lock is locked by", &holder]);
    drop(store);
    drop(open(dir.path()));
}

#[test]
fn a_directory_of_something_else_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("notes.txt"), "mine").expect("written");
    says(
        &refusal(dir.path()),
        &["notes.txt", "not a store", "empty directory"],
    );
    assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 1);
}

#[test]
fn a_creation_that_was_cut_short_is_done_again() {
    let dir = tempfile::tempdir().expect("a directory");
    for file in ["lock", "acknowledged", "store.new"] {
        fs::write(dir.path().join(file), "").expect("written");
    }
    drop(open(dir.path()));
}

#[tokio::test]
async fn files_that_are_gone_are_missed() {
    let example = tempfile::tempdir().expect("a directory");
    // The first commits are in the database, the last ones in the log.
    let options = small_tables();
    let store = EmbeddedStore::open(example.path(), options).expect("opened");
    fill(&store, 30, 12).await;
    drop(store);
    for (gone, fragments) in [
        ("store", ["not a store", "no header file"]),
        ("acknowledged", ["acknowledged", "open"]),
        ("data", ["are missing", "the database is gone"]),
        ("log", ["are missing", "but the database ends with"]),
        (
            "data/0.jnl",
            ["data is damaged", "its journal is not there"],
        ),
        ("data/version", ["data", "damaged"]),
        (
            "data/keyspaces/0/current",
            ["keyspaces/0/current", "not there"],
        ),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        copy(example.path(), dir.path());
        let path = dir.path().join(gone);
        let removed = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        removed.expect("removed");
        says(&refusal(dir.path()), &fragments);
    }
}

#[tokio::test]
async fn an_older_copy_of_database_and_log_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    fill(&open(dir.path()), 3, 3).await;
    let older = tempfile::tempdir().expect("a directory");
    copy(dir.path(), older.path());
    fill(&open(dir.path()), 3, 3).await;

    for part in ["data", "log"] {
        fs::remove_dir_all(dir.path().join(part)).expect("removed");
        copy(&older.path().join(part), &dir.path().join(part));
    }
    let error = EmbeddedStore::open(dir.path(), Options::default()).err();
    let error = error.expect("refused");
    assert!(matches!(error, OpenError::Missing { .. }), "{error}");
    says(
        &error.to_string(),
        &["commits", "are missing", "acknowledged"],
    );
    // And it stays refused: opening did not make the rest of it acceptable.
    says(&refusal(dir.path()), &["are missing"]);
}

#[tokio::test]
async fn the_torn_end_of_a_write_that_nobody_was_told_of_is_cut_off() {
    let dir = tempfile::tempdir().expect("a directory");
    fill(&open(dir.path()), 3, 3).await;
    let told = fs::read(dir.path().join("acknowledged")).expect("read");
    let segment = dir.path().join("log/0.log");
    let used = |segment: &Path| {
        let bytes = fs::read(segment).expect("read");
        let last = bytes.iter().rposition(|byte| *byte != 0);
        last.expect("something in it") + 1
    };

    let store = open(dir.path());
    let whole = used(&segment);
    let id = actor("late");
    let large = pizza_store::Commit {
        delayed: Vec::new(),
        ..commit(&id, 1, 0)
    };
    store
        .commit(std::sync::Arc::new(large))
        .await
        .expect("committed");
    drop(store);

    // As after a power loss: the last page came to the disk, one before it did not.
    let mut bytes = fs::read(&segment).expect("read");
    let middle = whole + (used(&segment) - whole) * 3 / 4;
    bytes[middle..middle + 8].fill(0);
    fs::write(&segment, &bytes).expect("written");
    let refused = refusal(dir.path());
    says(&refused, &["are missing", "0.log at byte"]);
    assert_eq!(
        fs::read(&segment).expect("read"),
        bytes,
        "a refusal changes nothing"
    );

    fs::write(dir.path().join("acknowledged"), told).expect("written");
    let store = open(dir.path());
    let record = store.record(&id).await.expect("readable");
    assert_eq!(record.map(|record| record.version).unwrap_or(0), 0);
    let record = store.record(&actor("actor-2")).await.expect("readable");
    assert_eq!(record.expect("claimed").version, 3);
    fill(&store, 3, 3).await;
}

/// Only one of the two put back: what it misses the other one has, or it is refused.
#[tokio::test]
async fn an_older_copy_of_the_database_alone_is_refused_or_complete() {
    let (mut refused, mut complete) = (0, 0);
    for more in [1, 30] {
        let dir = tempfile::tempdir().expect("a directory");
        let fill = async |actors| {
            let store = EmbeddedStore::open(dir.path(), small_tables()).expect("opened");
            fill(&store, actors, 12).await;
        };
        fill(30).await;
        let older = tempfile::tempdir().expect("a directory");
        copy(&dir.path().join("data"), older.path());
        fill(more).await;
        fs::remove_dir_all(dir.path().join("data")).expect("removed");
        copy(older.path(), &dir.path().join("data"));
        match EmbeddedStore::open(dir.path(), small_tables()) {
            Ok(store) => {
                complete += 1;
                let record = store.record(&actor("actor-0")).await.expect("readable");
                assert_eq!(record.expect("claimed").version, 24);
            }
            Err(error) => {
                refused += 1;
                assert!(matches!(error, OpenError::Missing { .. }), "{error}");
            }
        }
    }
    assert!(refused > 0, "{refused} refused, {complete} complete");
}
