//! The log on a real disk, cut and bent.

mod damage;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Log, Opening, Record};
use crate::directory::Witness;
use crate::error::OpenError;
use crate::options::Options;
use crate::reserve::{RealSystem, Reserve};
use crate::table::Table;

const SEGMENT_BYTES: u64 = 400;

struct Store {
    dir: tempfile::TempDir,
    witness: Witness,
    reserve: Reserve,
}

impl Store {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Witness::create(dir.path()).expect("created");
        let witness = Witness::open(dir.path()).expect("opened");
        let options = Options {
            reserve_bytes: 4096,
            ..Options::default()
        };
        let log = dir.path().join("log");
        let reserve = Reserve::new(dir.path(), &log, &options, Arc::new(RealSystem));
        Self {
            dir,
            witness,
            reserve,
        }
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// The log, and the numbers of its records behind `mark`.
    fn open(&self, mark: u64) -> Result<(Log, Vec<u64>), OpenError> {
        self.open_as(mark, SEGMENT_BYTES)
    }

    fn open_as(&self, mark: u64, segment_bytes: u64) -> Result<(Log, Vec<u64>), OpenError> {
        let mut found = Vec::new();
        let opening = Opening {
            dir: &self.log(),
            segment_bytes,
            is_synced: true,
            mark,
            witness: &self.witness,
            reserve: self.reserve.clone(),
        };
        let log = opening.open(|number, (table, key, value)| {
            assert_eq!(table, Table::Events);
            assert_eq!(key, number.to_be_bytes());
            assert_eq!(value, Some(&value_of(number)[..]));
            found.push(number);
        })?;
        Ok((log, found))
    }

    fn acknowledge(&mut self, number: u64) {
        self.witness.acknowledge(number).expect("written");
    }

    /// The same files elsewhere.
    fn copy(&self) -> Self {
        let copy = Self::new();
        let files = self.files();
        fs::create_dir_all(copy.log()).expect("made");
        for file in files {
            let name = file.file_name().expect("a name");
            fs::copy(&file, copy.log().join(name)).expect("copied");
        }
        copy
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.log()).expect("listed");
        let mut files: Vec<_> = files.map(|file| file.expect("listed").path()).collect();
        files.sort();
        files
    }
}

fn value_of(number: u64) -> Vec<u8> {
    // Lengths differ, so that records of two uses of a segment do not begin at the same places.
    vec![number as u8; 5 + (number % 7) as usize * 9]
}

fn append(log: &mut Log, number: u64) {
    let mut record = Record::new();
    record.sequence = number;
    record.push(
        Table::Events,
        &number.to_be_bytes(),
        Some(&value_of(number)),
    );
    log.append(&mut [record]).expect("written");
    log.sync().expect("synced");
}

fn numbers(from: u64, to: u64) -> Vec<u64> {
    (from..=to).collect()
}

fn used(path: &Path) -> usize {
    let bytes = fs::read(path).expect("read");
    bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1)
}

#[test]
fn what_is_written_comes_back_and_goes_on() {
    let mut store = Store::new();
    let mut last = 0;
    for more in [0, 1, 30, 0, 3] {
        let (mut log, found) = store.open(0).expect("opened");
        assert_eq!(found, numbers(1, last));
        for _ in 0..more {
            last += 1;
            append(&mut log, last);
        }
        store.acknowledge(last);
    }
    assert!(store.files().len() > 4, "it takes several segments");
    let (_, found) = store.open(20).expect("opened");
    assert_eq!(found, numbers(21, last));
}

#[test]
fn several_records_are_one_write() {
    let store = Store::new();
    let (mut log, _) = store.open(0).expect("opened");
    let record = |number: u64| {
        let mut record = Record::new();
        record.sequence = number;
        record.push(
            Table::Events,
            &number.to_be_bytes(),
            Some(&value_of(number)),
        );
        record
    };
    log.append(&mut [record(1), record(2), record(3)])
        .expect("written");
    log.append(&mut [record(4)]).expect("written");
    let (_, found) = store.open(0).expect("opened");
    assert_eq!(found, numbers(1, 4));
}

#[test]
fn segments_are_used_again() {
    let mut store = Store::new();
    let (mut log, _) = store.open(0).expect("opened");
    let checkpointed = log.checkpointed();
    for number in 1..=400 {
        append(&mut log, number);
        checkpointed.set(number.saturating_sub(10));
    }
    store.acknowledge(400);
    assert!(store.files().len() <= 6, "{:?}", store.files());
    drop(log);
    let (mut log, found) = store.open(390).expect("opened");
    assert_eq!(found, numbers(391, 400));
    append(&mut log, 401);
    let (_, found) = store.open(390).expect("opened");
    assert_eq!(found, numbers(391, 401));
    // As if the database had been put back to where it was long before.
    let error = store.open(100).expect_err("refused").to_string();
    assert!(error.contains("commits 101..400 are missing"), "{error}");
}

/// A store whose segments hold records of an earlier use behind those of now.
fn example() -> Store {
    let mut store = Store::new();
    let (mut log, _) = store.open(0).expect("opened");
    let checkpointed = log.checkpointed();
    for number in 1..=70 {
        append(&mut log, number);
        checkpointed.set(number.saturating_sub(12));
    }
    store.acknowledge(70);
    store
}

#[test]
fn no_byte_of_it_changes_unnoticed() {
    const MARK: u64 = 58;
    let example = example();
    let (mut refused, mut harmless) = (0, 0);
    for file in 0..example.files().len() {
        let name = example.files()[file].clone();
        let kinds = ["flip", "zero", "cut"];
        let tries = (0..used(&name)).flat_map(|at| kinds.map(|kind| (at, kind)));
        for (at, damage) in tries {
            // A copy takes milliseconds, and that each bit of a record counts is tried elsewhere.
            if stride() == 1 || at % 5 == 0 && kinds[at % 3] == damage {
                let mut store = example.copy();
                store.acknowledge(70);
                let path = store.files()[file].clone();
                let mut bytes = fs::read(&path).expect("read");
                match damage {
                    "flip" => bytes[at] ^= 1 << (at % 8),
                    "zero" => bytes[at..].iter_mut().take(100).for_each(|b| *b = 0),
                    _ => bytes.truncate(at),
                }
                fs::write(&path, bytes).expect("written");
                match store.open(MARK) {
                    Ok((_, found)) => {
                        harmless += 1;
                        let what = format!("{damage} at {at} of {}", name.display());
                        assert_eq!(found, numbers(MARK + 1, 70), "{what}");
                    }
                    Err(OpenError::Missing { .. } | OpenError::Damaged { .. }) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
    assert!(refused > 80, "{refused} refused, {harmless} harmless");
}

/// How many bytes of a hundred are tried, each with every kind of damage: `LOG_BYTES=100` are all.
fn stride() -> usize {
    let percent = std::env::var("LOG_BYTES").ok();
    let percent = percent.and_then(|percent| percent.parse::<usize>().ok());
    100 / percent.unwrap_or(1).clamp(1, 100)
}

/// The last segment alone, as large as 64 KiB. The damaged one is opened as a store finds it; `told`
/// is how far commits were acknowledged.
fn damage_last_segment(told: u64) -> (usize, usize, usize) {
    const RECORDS: u64 = 700;
    let mut store = Store::new();
    let (mut log, _) = store.open_as(0, 1 << 20).expect("opened");
    (1..=RECORDS).for_each(|number| append(&mut log, number));
    drop(log);
    store.acknowledge(told);
    let path = store.files().remove(0);
    let good = fs::read(&path).expect("read");
    let end = used(&path);
    assert!((48 << 10..=64 << 10).contains(&end), "{end} bytes");
    let (mut refused, mut harmless, mut lost) = (0, 0, 0);
    for at in (0..end).step_by(stride()) {
        for damage in ["flip", "zero", "cut"] {
            let mut bytes = good.clone();
            match damage {
                "flip" => bytes[at] ^= 1 << (at % 8),
                "zero" => bytes[at..].iter_mut().take(100).for_each(|b| *b = 0),
                _ => bytes.truncate(at),
            }
            fs::write(&path, bytes).expect("written");
            match store.open_as(0, 1 << 20) {
                Ok((_, found)) => {
                    harmless += 1;
                    lost += usize::from(found.len() < told.min(RECORDS) as usize);
                    let whole: Vec<_> = numbers(1, found.len() as u64);
                    assert_eq!(found, whole, "{damage} at {at}: a part is no prefix");
                }
                Err(OpenError::Missing { .. } | OpenError::Damaged { .. }) => refused += 1,
                Err(other) => panic!("{damage} at {at}: {other}"),
            }
            // Opening may have cut it, and made another one.
            fs::remove_dir_all(store.log()).expect("removed");
            fs::create_dir_all(store.log()).expect("made");
            fs::write(&path, &good).expect("put back");
        }
    }
    (refused, harmless, lost)
}

#[test]
fn no_byte_of_a_last_segment_changes_unnoticed() {
    // All of it was acknowledged: whatever is damaged is refused, or was no part of a record.
    let (refused, harmless, lost) = damage_last_segment(700);
    assert_eq!(lost, 0, "{refused} refused, {harmless} harmless");
    let tried = refused + harmless;
    assert!(tried >= 3 * (48 << 10) / stride(), "{tried} tried");
    assert!(refused * 10 > tried * 8, "{refused} of {tried} refused");
}

/// The planted mistake: a witness that knows of nothing. What the records prove of each other is
/// less than what was told, so something is lost, and is seen to be.
#[test]
fn a_witness_that_forgets_is_found_out() {
    let mut store = Store::new();
    let (mut log, _) = store.open(0).expect("opened");
    (1..=3).for_each(|number| append(&mut log, number));
    store.acknowledge(0);
    drop(log);
    let path = store.files().remove(0);
    let mut bytes = fs::read(&path).expect("read");
    let last = used(&path) - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).expect("written");
    let (_, found) = store.open(0).expect("nobody knows that it was told");
    assert_eq!(found, numbers(1, 2));
}

#[test]
fn only_an_end_that_nobody_was_told_of_is_cut_off() {
    let example = example();
    let (log, _) = example.open(58).expect("opened");
    let active = example.files().into_iter().max_by_key(|path| {
        let bytes = fs::read(path).expect("read");
        u64::from_le_bytes(*bytes[8..].first_chunk().expect("a generation"))
    });
    let active = active.expect("a segment");
    drop(log);
    for told in [69, 70] {
        let mut store = example.copy();
        store.acknowledge(told);
        let path = store.log().join(active.file_name().expect("a name"));
        // Reopening has cut off what an earlier use left: the last byte is of the last record.
        let mut bytes = fs::read(&path).expect("read");
        let last = used(&path) - 1;
        bytes[last] ^= 4;
        fs::write(&path, &bytes).expect("written");
        if told == 70 {
            let error = store.open(58).expect_err("refused").to_string();
            assert!(error.contains("commits 70..70 are missing"), "{error}");
            assert!(error.contains("checksum"), "{error}");
            assert!(error.contains(&path.display().to_string()), "{error}");
            assert_eq!(fs::read(&path).expect("read"), bytes, "it changes nothing");
            continue;
        }
        let (mut log, found) = store.open(58).expect("opened");
        assert_eq!(found, numbers(59, 69));
        append(&mut log, 70);
        append(&mut log, 71);
        store.acknowledge(71);
        let (_, found) = store.open(58).expect("opened");
        assert_eq!(found, numbers(59, 71));
    }
}

#[test]
fn a_record_behind_proves_that_one_was_there() {
    // After a power loss the witness may know of nothing; the log does.
    let store = Store::new();
    let (mut log, _) = store.open(0).expect("opened");
    (1..=4).for_each(|number| append(&mut log, number));
    drop(log);
    let path = store.files().remove(0);
    let good = fs::read(&path).expect("read");
    let mut bytes = good.clone();
    // In the second record.
    bytes[100] ^= 1;
    fs::write(&path, &bytes).expect("written");
    let error = store.open(0).expect_err("refused").to_string();
    assert!(
        error.contains("is damaged") && error.contains("yet record"),
        "{error}"
    );
    // The first one is how a segment is known.
    let mut bytes = good;
    bytes[60] ^= 1;
    fs::write(&path, &bytes).expect("written");
    let error = store.open(0).expect_err("refused").to_string();
    assert!(
        error.contains("is damaged") && error.contains("yet record"),
        "{error}"
    );
}
