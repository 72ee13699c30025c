//! Commits in their order. One thread, the committer, takes everything that waits, checks
//! each commit against what is staged before it, and puts its rows into memory and into a
//! record; another one ([`writer`]) writes the records, syncs once, publishes and answers in the
//! order of asking, while the committer stages what came meanwhile.
//!
//! Openings go first in a batch of their own and are answered without an fsync: the
//! log keeps its order, so an opening is durable no later than any commit under it.
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
mod writer;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel as unbounded, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use pizza_types::Durability;

use self::batch::BatchBuilder;
pub(crate) use self::caches::Caches;
pub(crate) use self::disk::Disk;
pub(crate) use self::op::{Op, OpenedHead, Pending};
pub(crate) use self::prepare::Prepared;
pub(crate) use self::queue::{Full, Queue, Queued, channel};
pub(crate) use self::work::Work;
use self::writer::{Group, Staged, Writer};
use crate::checkpoint::{Checkpoint, Sealed};
use crate::directory::Witness;
use crate::key;
use crate::memory::Memory;
use crate::metrics::CommitMetrics;
use crate::poison::{Poison, PoisonOnPanic};
use crate::view::Published;

/// The most requests in one batch. More would save few fsyncs, and make the first of them wait
/// longer.
const GROUP_OPS_MAX: usize = 1024;
// A group adds no more dead letters or entries of the log than their numbers can tell apart.
const _: () = assert!(GROUP_OPS_MAX < 1 << key::INDEX_BITS);
/// The most bytes in one batch, which is in memory whole before it is written.
const GROUP_BYTES_MAX: usize = 8 << 20;
/// While a checkpoint is made, so many times the usual size of a layer may wait for the next.
const LAYERS_MAX: usize = 3;
/// What a store that closes leaves in the log: to read it again takes milliseconds.
const LEFT_BYTES_MAX: usize = 4 << 20;
/// How long the committer waits for a checkpoint before it looks whether the store has stopped.
const LOOK: Duration = Duration::from_millis(100);

/// What the committer is made of.
pub(crate) struct Parts {
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) witness: Witness,
    pub(crate) memory: Memory,
    pub(crate) published: Published,
    pub(crate) poison: Poison,
    /// The number of the last batch.
    pub(crate) sequence: u64,
    pub(crate) durability: Durability,
    pub(crate) work: Arc<Work>,
    pub(crate) checkpoint: Checkpoint,
    /// How large a layer becomes before it is sealed, in bytes.
    pub(crate) layer_bytes: usize,
}

pub(crate) struct Committer {
    memory: Memory,
    poison: Poison,
    sequence: u64,
    /// The number of the last staged batch, with rows or without.
    staged: u64,
    durability: Durability,
    caches: Caches,
    work: Arc<Work>,
    layer_bytes: usize,
    closing: Arc<AtomicBool>,
    groups: Option<SyncSender<Group>>,
    threads: Vec<JoinHandle<()>>,
}

impl Committer {
    /// Starts the threads behind the committer.
    pub(crate) fn start(parts: Parts) -> io::Result<Self> {
        // It takes a group only when it has written the one before: what comes meanwhile is one.
        let (groups, staged) = sync_channel(0);
        let (checkpoints, sealed) = unbounded();
        let closing = Arc::clone(&parts.checkpoint.closing);
        let writer = Writer {
            disk: parts.disk,
            witness: parts.witness,
            published: parts.published,
            poison: parts.poison.clone(),
            metrics: CommitMetrics::new(),
            work: Arc::clone(&parts.work),
            checkpoints,
            written: parts.sequence,
            synced: parts.sequence,
        };
        let checkpoint = parts.checkpoint;
        let named = |name: &str| Builder::new().name(String::from(name));
        let threads = vec![
            named("store-log").spawn(move || writer.run(&staged))?,
            named("store-checkpoint").spawn(move || checkpoint.run(&sealed))?,
        ];
        Ok(Self {
            memory: parts.memory,
            poison: parts.poison,
            sequence: parts.sequence,
            staged: 0,
            durability: parts.durability,
            caches: Caches::default(),
            work: parts.work,
            layer_bytes: parts.layer_bytes,
            closing,
            groups: Some(groups),
            threads,
        })
    }

    /// Runs until the store is closed.
    pub(crate) fn run(mut self) {
        let _guard = PoisonOnPanic::new(&self.poison, "the committer thread panicked");
        let work = Arc::clone(&self.work);
        loop {
            // Let go while the group is staged: the guard may have to answer the others.
            let collected = collect(&work.waiting.lock());
            let Some((ops, open)) = collected else {
                break;
            };
            self.group(ops);
            if !open {
                break;
            }
        }
        self.close();
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
        let mut group = Group {
            sealed: self.seal(self.layer_bytes),
            ..Group::default()
        };
        // By itself: without a row that asks for an fsync, nobody who opens waits for one.
        self.stage(openings, &mut group);
        self.stage(rest, &mut group);
        self.hand_over(group);
    }

    fn stage(&mut self, ops: Vec<Op>, group: &mut Group) {
        if ops.is_empty() {
            return;
        }
        if let Some(reason) = self.poison.reason() {
            ops.into_iter().for_each(|op| op.refuse(reason));
            return;
        }
        let begun = Instant::now();
        let mut builder = BatchBuilder::new(
            &self.memory,
            &mut self.caches,
            self.sequence + 1,
            self.durability,
        );
        let answers: Vec<Pending> = ops.into_iter().map(|op| builder.take(op)).collect();
        let (record, sync) = builder.finish();
        let requests = answers.len();
        self.staged += 1;
        self.work.stage(self.staged, answers);
        // Raised before it is known whether the write succeeds: after a failure nothing is
        // written any more, so no number is given twice.
        self.sequence += u64::from(record.is_some());
        group.records.extend(record);
        group.batches.push(Staged {
            batch: self.staged,
            sequence: self.sequence,
            sync,
            requests,
            begun,
        });
    }

    fn hand_over(&self, group: Group) {
        let groups = self.groups.as_ref();
        let taken = groups.is_some_and(|groups| groups.send(group).is_ok());
        if !taken {
            let reason = self.poison.reason();
            self.work
                .fail(reason.unwrap_or("the thread that writes has ended"));
        }
    }

    /// Seals the layer when it has so many bytes. While the last one is not in the database yet
    /// it may become larger, and then commits wait.
    fn seal(&self, bytes: usize) -> Option<Sealed> {
        let active = || self.memory.layers().active().bytes();
        if active() < bytes {
            return None;
        }
        while active() >= bytes.saturating_mul(LAYERS_MAX) {
            if self.poison.reason().is_some() || self.memory.wait_settled(LOOK) {
                break;
            }
        }
        let layer = self.memory.seal()?;
        let sequence = self.sequence;
        Some(Sealed { layer, sequence })
    }

    fn close(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        if self.memory.layers().active().bytes() > LEFT_BYTES_MAX {
            while self.poison.reason().is_none() && !self.memory.wait_settled(LOOK) {}
            let sealed = self.seal(LEFT_BYTES_MAX);
            self.hand_over(Group {
                sealed,
                ..Group::default()
            });
        }
        // The one ends when this end of its channel goes, and the other one after it.
        self.groups = None;
        for thread in self.threads.drain(..) {
            // If it has panicked, the poison says so.
            let _ = thread.join();
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
