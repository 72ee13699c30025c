//! A bit that flips anywhere in the directory is noticed, or has done no harm.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::fixture::{copy, fill, read, small_tables};
use pizza_store_embedded::EmbeddedStore;
use tempfile::TempDir;

const ACTORS: u64 = 24;
const TRIES: u32 = 400;
const TIME_MAX: Duration = Duration::from_secs(30);

/// Tables, a journal, and whatever else a store has, with what is in it.
async fn example() -> (TempDir, String) {
    let dir = tempfile::tempdir().expect("a directory");
    // The second opening cuts the empty end off the journal, and the copies are small.
    for _ in 0..2 {
        let store = EmbeddedStore::open(dir.path(), small_tables()).expect("opened");
        fill(&store, ACTORS, 10).await;
        store.close();
        drop(store);
    }
    let reading = tempfile::tempdir().expect("a directory");
    copy(dir.path(), reading.path());
    let store = EmbeddedStore::open(reading.path(), small_tables()).expect("opened");
    let all = read(&store, ACTORS).await.expect("readable");
    (dir, all)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(dir).expect("listed") {
        let path = file.expect("listed").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// A small generator: the same places at every run.
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
    let tables = names
        .iter()
        .filter(|name| name.to_string_lossy().contains("/tables/"));
    assert!(tables.count() > 10, "the example has tables");
    let mut seeded = Seeded(0x5eed);
    let (mut noticed, mut harmless) = (0, 0);
    let start = Instant::now();
    for _ in 0..TRIES {
        if start.elapsed() > TIME_MAX {
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

        let place = format!("bit {bit} of byte {at} of {}", file.display());
        match outcome(dir.path()).await {
            Err(_) => noticed += 1,
            Ok(found) => {
                harmless += 1;
                let same = found == expected;
                assert!(same, "{place} was not noticed, and did harm");
            }
        }
    }
    assert!(noticed > 50, "{noticed} noticed, {harmless} harmless");
}

async fn outcome(dir: &Path) -> Result<String, String> {
    let store = EmbeddedStore::open(dir, small_tables()).map_err(|e| e.to_string())?;
    read(&store, ACTORS).await.map_err(|e| e.to_string())
}
