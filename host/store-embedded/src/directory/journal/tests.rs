//! Journals as the database writes them, cut and bent.

use std::fs;
use std::path::Path;

use fjall::{KeyspaceCreateOptions, PersistMode};

use super::super::witness::Witness;
use super::batch::{Batches, Next};
use super::check;
use crate::key::SEQUENCE;
use crate::row;

const BATCHES: usize = 6;

/// The bytes of a journal, and where each of its batches ends.
fn example(dir: &Path) -> (Vec<u8>, Vec<usize>) {
    let db = fjall::Database::builder(dir.join("data")).open();
    let db = db.expect("opened");
    let system = db.keyspace("system", KeyspaceCreateOptions::default);
    let system = system.expect("made");
    for number in 1..=BATCHES as u64 {
        let mut batch = db.batch();
        batch.insert(&system, "row", vec![7; 40]);
        batch.insert(&system, SEQUENCE, row::encode(&(number, db.seqno())));
        batch.commit().expect("written");
    }
    db.persist(PersistMode::SyncAll).expect("synced");
    drop((system, db));
    let path = dir.join("data/0.jnl");
    let mut batches = Batches::open(&path).expect("opened");
    let mut ends = Vec::new();
    while let Next::Batch(batch) = batches.next().expect("read") {
        ends.push(batches.end() as usize);
        assert_eq!(batch.sequence, ends.len() as u64);
    }
    assert_eq!(ends.len(), BATCHES);
    let mut bytes = fs::read(&path).expect("read");
    // The file is made longer than what is in it.
    assert!(bytes.len() > ends[BATCHES - 1]);
    bytes.truncate(ends[BATCHES - 1] + 100);
    (bytes, ends)
}

fn outcome(journals: &[&[u8]], acknowledged: u64) -> Result<Vec<usize>, String> {
    let dir = tempfile::tempdir().expect("a directory");
    Witness::create(dir.path()).expect("created");
    let mut witness = Witness::open(dir.path()).expect("opened");
    witness.acknowledge(acknowledged).expect("written");
    let paths: Vec<_> = (9..)
        .zip(journals)
        .map(|(number, bytes)| {
            let path = dir.path().join(format!("{number}.jnl"));
            fs::write(&path, bytes).expect("written");
            path
        })
        .collect();
    let checked = check(dir.path(), Some(&witness)).map_err(|error| error.to_string());
    let length = |path| fs::metadata(path).expect("there").len() as usize;
    checked.map(|()| paths.iter().map(length).collect())
}

#[test]
fn only_what_nobody_was_told_of_may_be_missing() {
    let dir = tempfile::tempdir().expect("a directory");
    let (bytes, ends) = example(dir.path());
    let (older, newer) = bytes.split_at(ends[2]);
    let flip = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 16;
        bytes
    };
    let whole = bytes.len();

    assert_eq!(outcome(&[&bytes], 6), Ok(vec![whole]));
    assert_eq!(
        outcome(&[older, newer], 6),
        Ok(vec![older.len(), newer.len()])
    );
    assert_eq!(outcome(&[&bytes[..ends[4]]], 5), Ok(vec![ends[4]]));
    assert_eq!(outcome(&[], 6), Ok(vec![]));

    // An end that nobody was told of is cut off; one that somebody was told of is missed.
    let torn = &bytes[..ends[5] - 3];
    assert_eq!(outcome(&[torn], 5), Ok(vec![ends[4]]));
    assert_eq!(
        outcome(&[&flip(&bytes, ends[4] + 30)], 5),
        Ok(vec![ends[4]])
    );
    for (journal, missing) in [(torn, "6..6"), (&flip(&bytes, ends[1] + 40), "3..6")] {
        let error = outcome(&[journal], 6).expect_err("refused");
        assert!(
            error.contains(missing) && error.contains("9.jnl at byte"),
            "{error}"
        );
    }

    // In a journal that is no longer written to, nothing may be torn or left out.
    for (journals, fragment) in [
        ([&flip(older, 40)[..], newer], "checksum"),
        ([&flip(older, ends[1] + 1)[..], newer], "too"),
        ([&older[..ends[1]], newer], "batch 4 follows batch 2"),
        ([&older[..ends[1] + 9], newer], "cut off"),
        ([newer, older], "batch 1 follows batch 6"),
    ] {
        let error = outcome(&journals, 6).expect_err(fragment);
        assert!(
            error.contains(fragment) && error.contains(".jnl is damaged"),
            "{error}"
        );
    }
}

#[test]
fn the_number_that_no_checksum_covers_is_checked() {
    let dir = tempfile::tempdir().expect("a directory");
    let (bytes, ends) = example(dir.path());
    for bit in 0..64 {
        let mut bytes = bytes.clone();
        // Behind the mark and the count of items.
        bytes[ends[2] + 5 + bit / 8] ^= 1 << (bit % 8);
        let error = outcome(&[&bytes], 6).expect_err("refused");
        assert!(error.contains("wrong number"), "{error}");
    }
}
