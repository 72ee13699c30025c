//! The thread that writes. While it waits for the disk, the next group is staged.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::Committer;
use super::disk::Disk;
use super::staging::Group;
use crate::checkpoint::{Checkpoint, Sealed};
use crate::directory::Witness;
use crate::metrics::CommitMetrics;
use crate::poison::PoisonOnPanic;
use crate::view::Published;

/// The most bytes that are handed to the disk at once; they are copied for that.
const WRITE_BYTES_MAX: usize = 8 << 20;
/// While a checkpoint is made, so many times the usual size of a layer may wait for the next.
const LAYERS_MAX: usize = 3;
/// What a store that closes leaves in the log: to read it again takes milliseconds.
const LEFT_BYTES_MAX: usize = 4 << 20;
/// How long a checkpoint is waited for before the writer looks whether the store has stopped.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) struct Writer {
    pub(crate) committer: Committer,
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) witness: Witness,
    pub(crate) published: Published,
    /// How large a layer becomes before it is sealed, in bytes.
    pub(crate) layer_bytes: usize,
    /// The number of the last record that was written, and of the last that is synced.
    pub(crate) written: u64,
    pub(crate) synced: u64,
}

/// The threads behind the committer.
pub(crate) struct Threads {
    threads: Vec<JoinHandle<()>>,
    /// A channel that closes when the thread that writes has ended.
    ended: Receiver<()>,
    closing: Arc<AtomicBool>,
}

impl Threads {
    /// Starts them.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn start(writer: Writer, checkpoint: Checkpoint) -> io::Result<Self> {
        let closing = Arc::clone(&checkpoint.closing);
        let (checkpoints, sealed) = channel();
        let (ending, ended) = channel::<()>();
        let named = |name: &str| Builder::new().name(String::from(name));
        let write = move || {
            let _ending = ending;
            writer.run(&checkpoints);
        };
        let threads = vec![
            named("store-log").spawn(write)?,
            named("store-checkpoint").spawn(move || checkpoint.run(&sealed))?,
        ];
        Ok(Self {
            threads,
            ended,
            closing,
        })
    }

    /// The checkpoint need leave nobody any room from now on.
    pub(crate) fn hurry(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Waits until the thread that writes has ended, but no longer than `limit`.
    pub(crate) fn has_ended(&self, limit: Duration) -> bool {
        self.ended.recv_timeout(limit) != Err(RecvTimeoutError::Timeout)
    }

    pub(crate) fn join(self) {
        for thread in self.threads {
            // If it has panicked, the poison says so.
            let _ = thread.join();
        }
    }
}

impl Writer {
    /// Runs until the store is closed and all is written.
    fn run(mut self, checkpoints: &Sender<Sealed>) {
        let committer = self.committer.clone();
        let poison = &committer.0.poison;
        let _guard = PoisonOnPanic::new(poison, "the thread that writes panicked");
        let metrics = CommitMetrics::new();
        while let Some(group) = self.next_group() {
            if let Some(reason) = poison.reason() {
                committer.fail(reason);
                continue;
            }
            // A panic is a failed write like any other, and must be known before it is answered.
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                self.write(group, checkpoints, &metrics)
            }));
            let outcome = outcome.unwrap_or_else(|_| Err(String::from("the writer panicked")));
            if let Err(reason) = &outcome {
                poison.set(reason);
                committer.fail(reason);
            }
        }
        // Openings and rows without `sync` since the last fsync.
        if poison.reason().is_none()
            && let Err(reason) = self.sync()
        {
            poison.set(&reason);
        }
    }

    /// The next group, as soon as there is one; `None` when the store is closed.
    fn next_group(&self) -> Option<Group> {
        let shared = &*self.committer.0;
        let active = || shared.memory.layers().active().bytes();
        // While the last layer is not in the database yet the next may become larger, and then
        // commits wait.
        while active() >= self.layer_bytes.saturating_mul(LAYERS_MAX) {
            if shared.poison.reason().is_some() || shared.memory.wait_settled(LOOK) {
                break;
            }
        }
        let mut staging = shared.staging.lock();
        loop {
            let is_closed = staging.is_closed();
            if let Some(mut group) = staging.take_group() {
                // With the lock, so that all of the layer is in this group or before it.
                if active() >= self.layer_bytes {
                    group.sealed = self.seal(staging.sequence());
                }
                return Some(group);
            }
            if is_closed {
                drop(staging);
                return self.last_group();
            }
            shared.staged.wait(&mut staging);
        }
    }

    /// What is left in memory when the store closes, if it is much.
    fn last_group(&self) -> Option<Group> {
        let shared = &*self.committer.0;
        if shared.memory.layers().active().bytes() <= LEFT_BYTES_MAX {
            return None;
        }
        while shared.poison.reason().is_none() && !shared.memory.wait_settled(LOOK) {}
        if shared.poison.reason().is_some() {
            return None;
        }
        let sealed = self.seal(shared.staging.lock().sequence())?;
        Some(Group {
            sealed: Some(sealed),
            ..Group::default()
        })
    }

    fn seal(&self, sequence: u64) -> Option<Sealed> {
        let layer = self.committer.0.memory.seal()?;
        Some(Sealed { layer, sequence })
    }

    fn write(
        &mut self,
        mut group: Group,
        checkpoints: &Sender<Sealed>,
        metrics: &CommitMetrics,
    ) -> Result<(), String> {
        let mut records = group.records.as_mut_slice();
        while !records.is_empty() {
            let mut bytes = 0;
            let fits = |record: &&crate::log::Record| {
                bytes += record.bytes();
                bytes <= WRITE_BYTES_MAX
            };
            // At least one: it may be larger than all that fits.
            let count = records.iter().take_while(fits).count().max(1);
            let (now, later) = records.split_at_mut(count);
            self.disk.write(now)?;
            self.written = now.last().map_or(self.written, |record| record.sequence);
            records = later;
        }
        // What goes into the database must not be lost by the log.
        if group.sync || group.sealed.is_some() {
            self.sync()?;
        }
        self.published.set(self.written);
        self.committer.answer_to(group.last, None);
        if let Some(begun) = group.begun {
            metrics.group(group.requests, begun.elapsed());
        }
        if let Some(sealed) = group.sealed {
            // If the checkpoint has ended, the poison says why.
            let _ = checkpoints.send(sealed);
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
