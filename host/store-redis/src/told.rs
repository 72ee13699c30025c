//! How far each shard was when this silo last heard of it. A store that was brought back from an older file, or whose
//! replica took over without its last writes, has shards that are behind: nothing is written there
//! before an operator accepts the loss.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use pizza_types::{SHARDS, ShardId};

const COUNT_BYTES: u64 = 8;

/// The highest count of each shard that this silo was ever told. With a file it outlives the process,
/// though not a loss of power: then the last seconds of it may be missing.
#[derive(Debug)]
pub(crate) struct Told {
    counts: Vec<AtomicU64>,
    file: Option<File>,
}

impl Told {
    /// Nothing was told yet, and what will be is forgotten with the process.
    pub(crate) fn nothing() -> Self {
        Self {
            counts: (0..SHARDS).map(|_| AtomicU64::new(0)).collect(),
            file: None,
        }
    }

    /// What an earlier process was told, and wrote down here.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(crate) fn kept_in(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        // What is missing at its end was never written: zeros.
        file.set_len(file.metadata()?.len().max(u64::from(SHARDS) * COUNT_BYTES))?;
        let mut told = Self::nothing();
        for (count, at) in told.counts.iter_mut().zip(0_u64..) {
            let mut bytes = [0; 8];
            file.read_exact_at(&mut bytes, at * COUNT_BYTES)?;
            *count = AtomicU64::new(u64::from_le_bytes(bytes));
        }
        told.file = Some(file);
        Ok(told)
    }

    pub(crate) fn of(&self, shard: ShardId) -> u64 {
        let count = self.counts.get(usize::from(shard.0));
        count.map_or(0, |count| count.load(Ordering::Acquire))
    }

    pub(crate) fn note(&self, shard: ShardId, count: u64) {
        let Some(told) = self.counts.get(usize::from(shard.0)) else {
            return;
        };
        let before = told.fetch_max(count, Ordering::AcqRel);
        if before >= count {
            return;
        }
        if let Some(file) = &self.file {
            let at = u64::from(shard.0) * COUNT_BYTES;
            // Another answer may write at the same time, and the lower of two stay: then a store
            // that went back by as little is not noticed after a restart.
            if let Err(error) = file.write_all_at(&count.to_le_bytes(), at) {
                tracing::warn!(%error, "how far the store is could not be written down");
            }
        }
    }
}

/// What is said of a shard that went back in time.
pub(crate) fn behind(shard: ShardId) -> String {
    format!(
        "shard {} of the store is older than it was: it was brought back from an older file, or a replica took over; nothing is \
         written there until an operator says `pizza cluster accept-loss`",
        shard.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_outlives_the_process_and_never_falls() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("told");
        let told = Told::kept_in(&path).expect("a file");
        told.note(ShardId(7), 12);
        told.note(ShardId(7), 9);
        told.note(ShardId(1_023), 1);
        drop(told);
        let told = Told::kept_in(&path).expect("the file");
        assert_eq!((told.of(ShardId(7)), told.of(ShardId(8))), (12, 0));
        assert_eq!(told.of(ShardId(1_023)), 1);
    }
}
