//! A bit that flips anywhere in the directory is noticed, or has done no harm.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::fixture::{copy, fill, read, small_tables};
use pizza_store_embedded::EmbeddedStore;
use tempfile::TempDir;

const ACTORS: u64 = 24;
const TRIES: u32 = 400;
/// When it is enough, on a machine that is slow.
const TIME_MAX: Duration = Duration::from_secs(30);
/// Fewer would leave the tables out of it.
const TABLES_MIN: usize = 11;
/// So many damages must have been noticed before the time counts.
const NOTICED_MIN: u32 = 51;
/// For what the database does in a thread of its own, beside a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tables, a journal, and whatever else a store has, with what is in it.
async fn example() -> (TempDir, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let begun = Instant::now();
    let mut openings = 0;
    // The second opening cuts the empty end off the journal, and the copies are small. The tables
    // are counted when the store is closed: while it is open its own thread still writes them,
    // and merges them, so that what was there a moment ago may be gone.
    while openings < 2 || tables(&files(dir.path())) < TABLES_MIN {
        assert!(begun.elapsed() < PATIENCE, "too few tables are written");
        let store = EmbeddedStore::open(dir.path(), small_tables()).expect("opened");
        fill(&store, ACTORS, 10).await;
        store.close();
        drop(store);
        openings += 1;
    }
    let reading = tempfile::tempdir().expect("a directory");
    copy(dir.path(), reading.path());
    let store = EmbeddedStore::open(reading.path(), small_tables()).expect("opened");
    let all = read(&store, ACTORS).await.expect("readable");
    (dir, all)
}

fn tables(files: &[PathBuf]) -> usize {
    let is_table = |file: &&PathBuf| file.to_string_lossy().contains("/tables/");
    files.iter().filter(is_table).count()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(dir).expect("listed") {
        let path = file.expect("listed").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A small generator: the same bits at every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_noticed_or_harmless() {
    let (example, expected) = example().await;
    let names = files(example.path());
    assert!(tables(&names) >= TABLES_MIN, "the example has tables");
    let mut seeded = Seeded(0x5eed);
    let (mut noticed, mut harmless) = (0, 0);
    let start = Instant::now();
    for _ in 0..TRIES {
        if noticed >= NOTICED_MIN && start.elapsed() > TIME_MAX {
            break;
        }
        let file = &names[seeded.below(names.len() as u64) as usize];
        let file = file.strip_prefix(example.path()).expect("inside");
        let dir = tempfile::tempdir().expect("a directory");
        copy(example.path(), dir.path());
        let path = dir.path().join(file);
        let mut bytes = fs::read(&path).expect("read");
        if bytes.is_empty() {
            continue;
        }
        let (at, bit) = (seeded.below(bytes.len() as u64) as usize, seeded.below(8));
        bytes[at] ^= 1 << bit;
        fs::write(&path, &bytes).expect("written");

        let flipped = format!("bit {bit} of byte {at} of {}", file.display());
        match outcome(dir.path()).await {
            Err(_) => noticed += 1,
            Ok(found) => {
                harmless += 1;
                let same = found == expected;
                assert!(same, "{flipped} was not noticed, and did harm");
            }
        }
    }
    assert!(
        noticed >= NOTICED_MIN,
        "{noticed} noticed, {harmless} harmless"
    );
}

async fn outcome(dir: &Path) -> Result<String, String> {
    let store = EmbeddedStore::open(dir, small_tables()).map_err(|e| e.to_string())?;
    read(&store, ACTORS).await.map_err(|e| e.to_string())
}
