//! The thread that writes. While it waits for the disk, the committer stages the next group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

use super::disk::Disk;
use super::work::Work;
use crate::checkpoint::Sealed;
use crate::directory::Witness;
use crate::log::Record;
use crate::metrics::CommitMetrics;
use crate::poison::{Poison, PoisonOnPanic};
use crate::view::Published;

/// A batch whose rows are in memory. Its answers lie in [`Work`].
pub(super) struct Staged {
    /// The number by which its answers are found.
    pub(super) batch: u64,
    /// The number of its record, or of the last one before it when it has no rows.
    pub(super) sequence: u64,
    /// Whether it must be durable before it is answered.
    pub(super) sync: bool,
    /// How many requests are in it.
    pub(super) requests: usize,
    pub(super) begun: Instant,
}

/// What is written at once.
#[derive(Default)]
pub(super) struct Group {
    pub(super) batches: Vec<Staged>,
    pub(super) records: Vec<Record>,
    /// A layer that was sealed before these batches were staged.
    pub(super) sealed: Option<Sealed>,
}

pub(super) struct Writer {
    pub(super) disk: Box<dyn Disk>,
    pub(super) witness: Witness,
    pub(super) published: Published,
    pub(super) poison: Poison,
    pub(super) metrics: CommitMetrics,
    pub(super) work: Arc<Work>,
    /// To the checkpoint.
    pub(super) checkpoints: Sender<Sealed>,
    /// The number of the last record that was written, and of the last that is synced.
    pub(super) written: u64,
    pub(super) synced: u64,
}

impl Writer {
    /// Runs until the committer has ended.
    pub(super) fn run(mut self, groups: &Receiver<Group>) {
        let _guard = PoisonOnPanic::new(&self.poison, "the thread that writes panicked");
        for group in groups {
            self.group(group);
        }
        // Openings and rows without `sync` since the last fsync.
        if self.poison.reason().is_none()
            && let Err(reason) = self.sync()
        {
            self.poison.set(&reason);
        }
    }

    fn group(&mut self, group: Group) {
        if let Some(reason) = self.poison.reason() {
            return self.work.fail(reason);
        }
        // A panic is a failed write like any other, and must be known before it is answered.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.write(group)));
        let outcome = outcome.unwrap_or_else(|_| Err(String::from("the committer panicked")));
        if let Err(reason) = &outcome {
            self.poison.set(reason);
            self.work.fail(reason);
        }
    }

    fn write(&mut self, mut group: Group) -> Result<(), String> {
        if let Some(sealed) = group.sealed {
            // What goes into the database must not be lost by the log.
            self.sync()?;
            // If the checkpoint has ended, the poison says why.
            let _ = self.checkpoints.send(sealed);
        }
        if let Some(last) = group.records.last().map(|record| record.sequence) {
            self.disk.write(&mut group.records)?;
            self.written = last;
        }
        for staged in group.batches {
            if staged.sync {
                // Once: all that was written is synced then.
                self.sync()?;
            }
            self.published.set(staged.sequence);
            self.work.resolve_to(staged.batch, None);
            self.metrics.group(staged.requests, staged.begun.elapsed());
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), String> {
        if self.synced == self.written {
            return Ok(());
        }
        self.disk.sync()?;
        self.synced = self.written;
        // After the fsync and never before it: the witness may be behind, and not ahead.
        self.witness.acknowledge(self.written)
    }
}
