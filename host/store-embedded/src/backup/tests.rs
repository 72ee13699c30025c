//! What is restored is what there was, whatever happens to the store meanwhile; and of a file that is not
//! what was written, nothing is made.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pizza_store::Store as _;

use super::format::{END_BYTES, HEAD_BYTES};
use super::{BackupError, restore, verify};
use crate::EmbeddedStore;
use crate::table::Table;
use crate::testing::every_table::{
    ROWS, WITH_MEANING, change, commit_all, force, options, rows, write,
};

const CREATED_MS: u64 = 1_767_225_600_000;

fn save(store: &EmbeddedStore, to: &Path) {
    let pieces = store.backup(CREATED_MS).expect("it works");
    let pieces: Result<Vec<_>, _> = pieces.collect();
    fs::write(to, pieces.expect("readable").concat()).expect("written");
}

/// Rows of every table: half in the database, half in the log, some changed and some removed there.
async fn filled(dir: &Path) -> EmbeddedStore {
    let store = EmbeddedStore::open(dir, options()).expect("opened");
    let tables = || Table::ALL.into_iter().filter(|t| !WITH_MEANING.contains(t));
    let all = |value: fn(u32) -> Option<u32>| {
        let of_table = move |table| (0..ROWS).map(move |n| change(table, n, value(n)));
        tables().flat_map(of_table).collect::<Vec<_>>()
    };
    write(&store, all(Some)).await;
    commit_all(&store, 0).await;
    force(&store).await;
    while !store.memory().wait_settled(Duration::from_secs(1)) {}
    write(&store, all(|n| (n % 3 == 1).then_some(n + 1000))).await;
    commit_all(&store, 1).await;
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restored_is_what_there_was_when_it_began() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    let store = filled(&at("store")).await;
    let expected = rows(&store);
    let mut pieces = store.backup(CREATED_MS).expect("it works");
    let mut file = pieces.next().expect("a head").expect("readable");
    // What happens from here on is not in it, though most of it is yet to be read.
    commit_all(&store, 2).await;
    force(&store).await;
    while !store.memory().wait_settled(Duration::from_secs(1)) {}
    assert_ne!(rows(&store), expected);
    file.extend(pieces.flat_map(|piece| piece.expect("readable")));
    fs::write(at("backup"), &file).expect("written");

    let verified = verify(&at("backup"), &mut |_| {}).expect("whole");
    let restored = restore(&at("backup"), &at("restored"), &options(), &mut |_| {});
    assert_eq!(restored.expect("restored"), verified);
    let actors = expected.iter().filter(|row| row.0 == Table::Actors).count();
    assert_eq!(verified.actors, actors as u64);
    assert_eq!(
        (verified.created_ms, verified.bytes),
        (CREATED_MS, file.len() as u64)
    );

    // Opened, closed and opened, and written to as the first one was.
    for _ in 0..2 {
        let again = EmbeddedStore::open(&at("restored"), options()).expect("opened");
        assert_eq!(rows(&again), expected);
        again.close();
    }
    let again = EmbeddedStore::open(&at("restored"), options()).expect("opened");
    commit_all(&again, 2).await;
    assert_eq!(rows(&again), rows(&store));
    // And it can be backed up itself.
    save(&again, &at("of the second"));
    restore(&at("of the second"), &at("third"), &options(), &mut |_| {}).expect("restored");
    let third = EmbeddedStore::open(&at("third"), options()).expect("opened");
    assert_eq!(rows(&third), rows(&store));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_not_what_was_written_nothing_is_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    let store = filled(&at("store")).await;
    save(&store, &at("backup"));
    let good = fs::read(at("backup")).expect("read");
    verify(&at("backup"), &mut |_| {}).expect("whole");
    let refused = |bytes: &[u8], what: &str| {
        fs::write(at("broken"), bytes).expect("written");
        let refused = restore(&at("broken"), &at("made"), &options(), &mut |_| {});
        assert!(refused.is_err(), "{what} is not noticed");
        assert!(!at("made").exists(), "{what}: a store is made of it");
    };
    // Each byte of what says how it is to be read, and every hundredth of what is read.
    let end = good.len() - END_BYTES - 1;
    let of_frame = (0..HEAD_BYTES + 64).chain(end..good.len());
    for byte in of_frame.chain((0..good.len()).step_by(101)) {
        let mut bytes = good.clone();
        bytes[byte] ^= 1 << (byte % 8);
        refused(&bytes, &format!("byte {byte} of {}", good.len()));
    }
    for length in (0..good.len()).step_by(997).chain(end..good.len()) {
        refused(&good[..length], &format!("the first {length} bytes"));
    }
    refused(&[&good[..], b"x"].concat(), "something behind the end");
}

#[test]
fn it_is_told_what_is_wrong() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = |bytes: &[u8]| -> PathBuf {
        let path = dir.path().join("file");
        fs::write(&path, bytes).expect("written");
        path
    };
    let refused = verify(&file(b"a letter to a friend"), &mut |_| {});
    assert!(
        matches!(refused, Err(BackupError::NotOurs { .. })),
        "{refused:?}"
    );
    let missing = verify(&dir.path().join("nothing"), &mut |_| {});
    let told = missing.expect_err("there is nothing").to_string();
    assert!(told.contains("cannot open"), "{told}");
    let refused = restore(&file(b""), dir.path(), &options(), &mut |_| {});
    assert!(
        matches!(refused, Err(BackupError::Occupied { .. })),
        "{refused:?}"
    );
}
