//! Damage by chance in segments of a size that they have in earnest, of which each byte cannot be tried:
//! a bit that flips, a run of zeros, an end that is cut off. What was acknowledged is there, or the
//! log is refused.

#![expect(clippy::print_stdout, reason = "a seed that is not told is of no use")]

use std::ops::Range;

use super::super::record::{self, HEADER};
use super::*;
use crate::testing::Chance;

/// So many damages; a twentieth of what `just soak` does, by `LOG_DAMAGES`.
const DAMAGES: u64 = 100;
/// The seed, unless `LOG_DAMAGE_SEED` says another.
const SEED: u64 = 0x5eed;
const SEGMENT_BYTES: u64 = 4 << 20;
const VALUE_BYTES_MAX: u64 = 48 << 10;
const RUN_BYTES_MAX_LOG2: u64 = 17;
/// The last record that was acknowledged, and the last one that was written: those between were
/// one write, which was never synced.
const TOLD: u64 = 1_180;
const LAST: u64 = 1_280;
/// All up to this one lies in the database.
const MARK: u64 = 700;
/// How far the checkpoint was behind while they were written.
const BEHIND: u64 = 700;

fn large(number: u64) -> Record {
    let mut record = Record::new();
    record.sequence = number;
    record.push(
        Table::Events,
        &number.to_be_bytes(),
        Some(&large_value(number)),
    );
    record
}

fn large_value(number: u64) -> Vec<u8> {
    vec![number as u8; 100 + Chance(number).below(VALUE_BYTES_MAX) as usize]
}

/// A segment as it was written.
struct Good {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Its records of now, behind which those of an earlier use may lie.
    records: Vec<(u64, Range<usize>)>,
}

impl Good {
    fn read(path: PathBuf) -> Self {
        let bytes = fs::read(&path).expect("read");
        let (mut records, mut at, mut first) = (Vec::new(), 0, None);
        while let Ok((header, _)) = record::read(&bytes[at..]) {
            if *first.get_or_insert(header.generation) != header.generation {
                break;
            }
            let end = at + HEADER + header.length;
            records.push((header.sequence, at..end));
            at = end;
        }
        Self {
            path,
            bytes,
            records,
        }
    }

    fn first(&self) -> u64 {
        self.records.first().expect("it was written to").0
    }

    /// The first record that is not as it was.
    fn first_damaged(&self, bytes: &[u8]) -> Option<u64> {
        let as_it_was =
            |range: &Range<usize>| bytes.get(range.clone()) == self.bytes.get(range.clone());
        let damaged = self.records.iter().find(|(_, range)| !as_it_was(range));
        damaged.map(|(number, _)| *number)
    }
}

/// What a damaged log must do when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Must {
    /// Open with all that is there.
    BeWhole,
    /// Open with all, or be refused: what is damaged lies in the database, in a segment that also
    /// has what does not.
    LoseNothing,
    Refuse,
    /// Open without this record and what comes behind it, of which nobody was told.
    Cut(u64),
}

struct Example {
    store: Store,
    /// By what they begin with.
    segments: Vec<Good>,
}

impl Example {
    fn make() -> Self {
        let store = Store::new();
        let (mut log, _) = open(&store, 0).expect("opened");
        let checkpointed = log.checkpointed();
        for number in 1..=TOLD {
            log.append(&mut [large(number)]).expect("written");
            log.sync().expect("synced");
            checkpointed.set(number.saturating_sub(BEHIND));
        }
        let mut untold: Vec<_> = (TOLD + 1..=LAST).map(large).collect();
        log.append(&mut untold).expect("written");
        drop(log);
        let mut segments: Vec<_> = store.files().into_iter().map(Good::read).collect();
        segments.sort_by_key(Good::first);
        let example = Self { store, segments };
        let (count, start) = (example.segments.len(), example.start());
        assert!(start >= 1, "a checkpoint covers a whole segment");
        assert!(
            count - start >= 3,
            "{count} segments, the first of them {start}"
        );
        example
    }

    /// The segment in which what is not in the database begins.
    fn start(&self) -> usize {
        let firsts = self.segments.iter().map(Good::first);
        firsts.take_while(|first| *first <= MARK + 1).count() - 1
    }

    fn must(&self, segment: usize, bytes: &[u8]) -> Must {
        match self.segments[segment].first_damaged(bytes) {
            None => Must::BeWhole,
            Some(_) if segment < self.start() => Must::BeWhole,
            Some(number) if number <= MARK => Must::LoseNothing,
            Some(number) if number <= TOLD => Must::Refuse,
            Some(number) => Must::Cut(number),
        }
    }

    /// Opens it with one segment damaged, and puts it back; what is wrong with the outcome.
    fn outcome(&self, segment: usize, bytes: &[u8]) -> Option<String> {
        fs::write(&self.segments[segment].path, bytes).expect("written");
        let opened = open(&self.store, MARK);
        let whole = numbers(MARK + 1, LAST);
        let wrong = match (self.must(segment, bytes), opened) {
            (Must::BeWhole | Must::LoseNothing, Ok((_, found))) if found == whole => None,
            (
                Must::LoseNothing | Must::Refuse,
                Err(OpenError::Missing { .. } | OpenError::Damaged { .. }),
            ) => None,
            (Must::Cut(from), Ok((log, found))) if found == numbers(MARK + 1, from - 1) => {
                self.goes_on(log, from)
            }
            (must, Ok((_, found))) => {
                let last = found.last();
                Some(format!(
                    "must {must:?}, and has {} up to {last:?}",
                    found.len()
                ))
            }
            (must, Err(error)) => Some(format!("must {must:?}, and: {error}")),
        };
        self.restore(segment);
        wrong
    }

    /// Nothing of what was cut off comes back behind what is written next.
    fn goes_on(&self, mut log: Log, next: u64) -> Option<String> {
        log.append(&mut [large(next)]).expect("written");
        drop(log);
        match open(&self.store, MARK) {
            Ok((_, found)) if found == numbers(MARK + 1, next) => None,
            Ok((_, found)) => Some(format!("it went on from {next} to {:?}", found.last())),
            Err(error) => Some(format!("it went on from {next}, and: {error}")),
        }
    }

    fn restore(&self, segment: usize) {
        for path in self.store.files() {
            if !self.segments.iter().any(|good| good.path == path) {
                fs::remove_file(path).expect("removed");
            }
        }
        // Opening cuts the last one, or one that it cannot read, and removes what it needs no more.
        let last = self.segments.len() - 1;
        for (index, good) in self.segments.iter().enumerate() {
            let length = fs::metadata(&good.path).map_or(0, |file| file.len());
            if index == segment || index == last || length != good.bytes.len() as u64 {
                fs::write(&good.path, &good.bytes).expect("written");
            }
        }
    }
}

/// The log, and the numbers of its records behind `mark` that are as they were written.
fn open(store: &Store, mark: u64) -> Result<(Log, Vec<u64>), OpenError> {
    let mut found = Vec::new();
    let opening = Opening {
        dir: &store.log(),
        segment_bytes: SEGMENT_BYTES,
        is_synced: true,
        mark,
        witness: &store.witness,
        reserve: store.reserve.clone(),
    };
    let log = opening.open(|number, (table, key, value)| {
        let is_it = table == Table::Events && key == number.to_be_bytes();
        if is_it && value == Some(&large_value(number)[..]) {
            found.push(number);
        }
    })?;
    Ok((log, found))
}

/// What was done, and what came of it.
#[derive(Debug, Default)]
struct Tried {
    refused: u64,
    cut: u64,
    whole: u64,
    wrong: Vec<String>,
}

/// `told` is what the witness says; what is right does not depend on it.
fn damage(count: u64, seed: u64, told: u64) -> Tried {
    let mut example = Example::make();
    example.store.acknowledge(told);
    let mut chance = Chance(seed);
    let mut tried = Tried::default();
    for _ in 0..count {
        // Every second one in the last, where the end is.
        let count = example.segments.len() as u64;
        let segment = (chance.below(2 * count) as usize).min(example.segments.len() - 1);
        let good = &example.segments[segment];
        let at = chance.below(good.bytes.len() as u64) as usize;
        let mut bytes = good.bytes.clone();
        let what = match chance.below(3) {
            0 => {
                let bit = chance.below(8);
                bytes[at] ^= 1 << bit;
                format!("bit {bit} of byte {at}")
            }
            1 => {
                // Short ones are as likely as long ones.
                let length = 1 << chance.below(RUN_BYTES_MAX_LOG2);
                bytes[at..].iter_mut().take(length).for_each(|b| *b = 0);
                format!("{length} zeros at {at}")
            }
            _ => {
                bytes.truncate(at);
                format!("the end from {at} on")
            }
        };
        match example.must(segment, &bytes) {
            Must::Refuse => tried.refused += 1,
            Must::Cut(_) => tried.cut += 1,
            Must::BeWhole | Must::LoseNothing => tried.whole += 1,
        }
        let wrong = example.outcome(segment, &bytes);
        let name = example.segments[segment].path.file_name();
        tried
            .wrong
            .extend(wrong.map(|wrong| format!("{what} of {name:?}: {wrong}")));
    }
    tried
}

fn from_environment(name: &str, usual: u64) -> u64 {
    let said = std::env::var(name).ok();
    said.map_or(usual, |said| said.parse().expect("a number"))
}

#[test]
fn damage_by_chance_is_refused_or_loses_nothing() {
    let count = from_environment("LOG_DAMAGES", DAMAGES);
    let seed = from_environment("LOG_DAMAGE_SEED", SEED);
    println!("LOG_DAMAGES={count} LOG_DAMAGE_SEED={seed}");
    let tried = damage(count, seed, TOLD);
    println!("{tried:?}");
    assert_eq!(tried.wrong, Vec::<String>::new());
    assert!(tried.refused * 10 > count * 2, "{tried:?}");
    assert!(tried.cut * 100 > count * 4, "{tried:?}");
    assert!(tried.whole * 10 > count, "{tried:?}");
}

/// The planted mistake: a witness that forgets what it was told. Where the end is cut off no record
/// is left that proves it, so the log opens without what was acknowledged, and that is seen.
#[test]
fn a_witness_that_forgets_is_found_out_by_chance() {
    let tried = damage(DAMAGES / 2, SEED, MARK);
    assert!(!tried.wrong.is_empty(), "{tried:?}");
    let is_loss = |wrong: &String| wrong.contains("must Refuse, and has");
    assert!(tried.wrong.iter().all(is_loss), "{tried:?}");
}
