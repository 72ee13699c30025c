//! The one thread that writes. It takes everything that waits, checks each commit
//! against the store and what the same group staged before it, writes one atomic
//! batch, syncs once, and answers in the order of asking.
//!
//! Openings go first in a batch of their own and are answered without an fsync: the
//! journal keeps its order, so an opening is durable no later than any commit under it.
//! Only an opening of an actor that the same group commits keeps its place behind that.

mod batch;
mod caches;
mod disk;
mod op;
mod prepare;
mod queue;
#[cfg(test)]
mod tests;
mod work;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use pizza_types::Durability;

use self::batch::BatchBuilder;
pub(crate) use self::caches::Caches;
pub(crate) use self::disk::{Disk, Journal};
pub(crate) use self::op::{Op, OpenedHead, Pending};
pub(crate) use self::prepare::Prepared;
pub(crate) use self::queue::{Full, Queue, Queued, channel};
pub(crate) use self::work::Work;
use crate::directory::Witness;
use crate::key::{self, SEQUENCE};
use crate::metrics::CommitMetrics;
use crate::overlay::Overlay;
use crate::poison::Poison;
use crate::row;
use crate::table::{Database, Table};
use crate::view::{Published, View};

/// The most requests in one batch. More would save few fsyncs, and make the first of them wait
/// longer.
const GROUP_OPS_MAX: usize = 1024;
// A group adds no more dead letters or entries of the log than their numbers can tell apart.
const _: () = assert!(GROUP_OPS_MAX < 1 << key::INDEX_BITS);
/// The most bytes in one batch, which is in memory whole before it is written.
const GROUP_BYTES_MAX: usize = 8 << 20;

pub(crate) struct Committer {
    pub(crate) db: Arc<Database>,
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) witness: Witness,
    pub(crate) published: Published,
    pub(crate) poison: Poison,
    /// The number of the last batch.
    pub(crate) sequence: u64,
    /// Whether something was written that is not synced yet.
    pub(crate) dirty: bool,
    pub(crate) durability: Durability,
    pub(crate) caches: Caches,
    pub(crate) metrics: CommitMetrics,
    pub(crate) work: Arc<Work>,
}

impl Committer {
    /// Runs until the store is closed.
    pub(crate) fn run(mut self) {
        let _guard = PoisonOnPanic(self.poison.clone());
        let work = Arc::clone(&self.work);
        loop {
            // Let go while the group is written: the guard may have to answer the others.
            let collected = collect(&work.waiting.lock());
            let Some((group, open)) = collected else {
                break;
            };
            self.group(group);
            if !open {
                break;
            }
        }
        // Openings and rows without `sync` since the last fsync.
        if self.dirty && self.poison.reason().is_none() {
            self.sync();
        }
        work.refuse_waiting("it is closed");
    }

    fn group(&mut self, ops: Vec<Op>) {
        let mut committed = HashSet::new();
        // An opening before the actor's commit of this group goes first, and fences it, as it was
        // asked; one behind it must stay behind it.
        let (openings, rest): (Vec<_>, Vec<_>) = ops.into_iter().partition(|op| match op {
            Op::Open { actor, .. } => !committed.contains(actor),
            Op::Commit(commit, _) => {
                committed.insert(commit.actor_key.clone());
                false
            }
            _ => false,
        });
        // By itself: without a row that asks for an fsync, nobody who opens waits for one.
        self.batch(openings);
        self.batch(rest);
    }

    fn batch(&mut self, ops: Vec<Op>) {
        if ops.is_empty() {
            return;
        }
        if let Some(reason) = self.poison.reason() {
            ops.into_iter().for_each(|op| op.refuse(reason));
            return;
        }
        let begun = Instant::now();
        let mut builder = BatchBuilder::new(
            &self.db,
            &mut self.caches,
            self.sequence + 1,
            self.durability,
        );
        let answers: Vec<Pending> = ops.into_iter().map(|op| builder.take(op)).collect();
        let count = answers.len();
        // Before the write: if that hangs, the guard answers from there.
        *self.work.in_flight.lock() = answers;
        let (overlay, sync) = builder.finish();
        // A panic is a failed write like any other, and must be known before it is answered.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.write(overlay, sync)));
        let outcome = outcome.unwrap_or_else(|_| Err(String::from("the committer panicked")));
        if let Err(reason) = &outcome {
            self.poison.set(reason);
        }
        self.metrics.group(count, begun.elapsed());
        self.work.resolve(outcome.err().as_deref());
    }

    fn write(&mut self, mut overlay: Overlay, sync: bool) -> Result<(), String> {
        if overlay.is_empty() {
            return Ok(());
        }
        // Raised before it is known whether the write succeeds: after a failure nothing is
        // written any more, so no number is given twice.
        self.sequence += 1;
        // With the number that the database will give the batch: at least this one.
        let at_least = self.db.fjall().seqno();
        overlay.put(
            Table::System,
            SEQUENCE.to_vec(),
            row::encode(&(self.sequence, at_least)),
        );
        self.disk.write(overlay.into_batch(&self.db))?;
        self.dirty = true;
        if sync {
            self.disk.sync()?;
            self.dirty = false;
            // After the fsync and never before it: the witness may be behind, and not ahead.
            self.witness.acknowledge(self.sequence)?;
        }
        self.published.set(View::now(&self.db));
        Ok(())
    }

    fn sync(&mut self) {
        let synced = self.disk.sync();
        let outcome = synced.and_then(|()| self.witness.acknowledge(self.sequence));
        if let Err(reason) = outcome {
            self.poison.set(&reason);
        }
    }
}

/// Waits for the first request and takes what waits with it. The `bool` is false with the last
/// group.
fn collect(waiting: &Receiver<Queued>) -> Option<(Vec<Op>, bool)> {
    let (mut group, mut bytes) = (Vec::new(), 0);
    let mut next = waiting.recv().ok();
    while let Some(queued) = next {
        bytes += queued.bytes();
        match queued.take() {
            Op::Close => return Some((group, false)),
            op => group.push(op),
        }
        if group.len() >= GROUP_OPS_MAX || bytes >= GROUP_BYTES_MAX {
            break;
        }
        next = waiting.try_recv().ok();
    }
    (!group.is_empty()).then_some((group, true))
}

/// A panic elsewhere ends the committer, and with it the store.
struct PoisonOnPanic(Poison);

impl Drop for PoisonOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set("the committer thread panicked");
        }
    }
}
