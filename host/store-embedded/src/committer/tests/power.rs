//! Power loss where nobody may mount a file system: of what was written and not synced, each sector
//! of the log is there or is not, by chance. Nothing that was acknowledged is missing.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::testing::Chance;

/// A tenth of what `just soak` takes, by `POWER_LOSSES`.
const LOSSES: usize = 5;
/// What a disk writes whole, in bytes.
const SECTOR: usize = 512;
/// Small, so that segments are used again.
const SEGMENT_BYTES: u64 = 32 << 10;

type Files = HashMap<PathBuf, Vec<u8>>;

fn segments(dir: &Path) -> Files {
    let folder = fs::read_dir(dir.join("log")).expect("a log");
    let paths = folder.map(|entry| entry.expect("readable").path());
    let segments = paths.filter(|path| path.extension().is_some_and(|ending| ending == "log"));
    segments
        .map(|path| (path.clone(), fs::read(&path).expect("readable")))
        .collect()
}

/// A disk that loses its power at a sync.
struct Powered {
    disk: Log,
    dir: PathBuf,
    /// The segments as they were when the last sync was over.
    synced: Arc<parking_lot::Mutex<Files>>,
    syncs_left: u64,
    /// The planted mistake: it says that it has synced, and has not.
    lies: bool,
}

impl Disk for Powered {
    fn write(&mut self, records: &mut [Record]) -> Result<(), String> {
        self.disk.write(records)
    }

    fn sync(&mut self) -> Result<(), String> {
        if self.syncs_left == 0 {
            return Err(String::from("the power is lost"));
        }
        self.syncs_left -= 1;
        if self.lies {
            return Ok(());
        }
        Disk::sync(&mut self.disk)?;
        *self.synced.lock() = segments(&self.dir);
        Ok(())
    }
}

/// Writes until the power is lost, and leaves what the disk has then. Returns the last version
/// that was acknowledged, and how many sectors were lost.
async fn lose_power(dir: &Path, begin: u64, chance: &mut Chance, lies: bool) -> (u64, usize) {
    let synced = Arc::new(parking_lot::Mutex::new(Files::new()));
    let (at, of_disk) = (dir.to_owned(), Arc::clone(&synced));
    let syncs_left = 5 + chance.below(60);
    let options = Options {
        segment_bytes: SEGMENT_BYTES,
        ..Options::default()
    };
    let store = EmbeddedStore::open_on(dir, &options, move |disk| {
        *of_disk.lock() = segments(&at);
        Box::new(Powered {
            disk,
            dir: at,
            synced: of_disk,
            syncs_left,
            lies,
        })
    });
    let store = store.expect("opened");
    let owner = SiloId("one".into());
    let opened = store.open(&actor(), &owner, &Members::alone(&owner)).await;
    let epoch = match opened.expect("opened") {
        pizza_store::Opened::Opened(stored) => stored.record.epoch,
        _ => 0,
    };
    let (mut acknowledged, mut next) = (begin, begin);
    'power: loop {
        // Several in flight, so that a group has several records.
        let tickets: Vec<_> = (0..=chance.below(8))
            .map(|_| {
                let mut commit = Arc::unwrap_or_clone(commit(next));
                commit.epoch = if next == 0 { 0 } else { epoch.max(1) };
                let bytes = vec![next as u8; 100 + chance.below(3_000) as usize];
                let bytes = bytes.into();
                commit.state = StateWrite::Set(State { schema: 1, bytes });
                next += 1;
                store.commit(Arc::new(commit))
            })
            .collect();
        for ticket in tickets {
            match ticket.await {
                Ok(_) => acknowledged += 1,
                Err(_) => break 'power,
            }
        }
    }
    drop(store);
    let synced = std::mem::take(&mut *synced.lock());
    let mut lost = 0;
    for (path, mut now) in segments(dir) {
        let before = synced.get(&path).map_or(&[][..], Vec::as_slice);
        for (at, sector) in now.chunks_mut(SECTOR).enumerate() {
            let was = before.get(at * SECTOR..).unwrap_or(&[]);
            // What was never written is zeros: segments are written ahead.
            let was = was.iter().copied().chain(std::iter::repeat(0));
            let was: Vec<u8> = was.take(sector.len()).collect();
            if *sector != *was && chance.below(2) == 0 {
                sector.copy_from_slice(&was);
                lost += 1;
            }
        }
        fs::write(&path, now).expect("written");
    }
    (acknowledged, lost)
}

async fn version(dir: &Path) -> Result<u64, String> {
    let store = EmbeddedStore::open(dir, Options::default()).map_err(|error| error.to_string())?;
    let record = store.record(&actor()).await.expect("readable");
    Ok(record.map_or(0, |record| record.version))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_the_loss_of_sectors() {
    let losses = std::env::var("POWER_LOSSES").ok();
    let losses = losses.and_then(|losses| losses.parse().ok());
    // Quicker than a file system that is mounted, so ten times as many.
    let losses = 10 * losses.unwrap_or(LOSSES);
    let mut chance = Chance(7);
    let dir = tempfile::tempdir().expect("a directory");
    let (mut begin, mut lost_in) = (0, 0);
    for round in 0..losses {
        let (acknowledged, lost) = lose_power(dir.path(), begin, &mut chance, false).await;
        lost_in += usize::from(lost > 0);
        let found = version(dir.path()).await;
        let found = found.unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert!(
            found >= acknowledged,
            "round {round}: {found}, and {acknowledged} were acknowledged"
        );
        begin = found;
    }
    assert!(begin > 20 * losses as u64, "{begin} commits");
    assert!(lost_in * 2 > losses, "{lost_in} of {losses} lost a sector");
}

/// The planted mistake: what was acknowledged and never synced is not there, and the directory itself
/// says that it must be.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_lies_is_found_out() {
    let mut chance = Chance(11);
    let mut refused = 0;
    for _ in 0..5 {
        let dir = tempfile::tempdir().expect("a directory");
        let (acknowledged, lost) = lose_power(dir.path(), 0, &mut chance, true).await;
        match version(dir.path()).await {
            Ok(found) => assert!(found >= acknowledged, "{found} of {acknowledged}, silently"),
            Err(_) => refused += usize::from(lost > 0),
        }
    }
    assert!(refused >= 4, "{refused} of 5");
}
