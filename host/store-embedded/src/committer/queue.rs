//! The bounded way to the committer. Putting in never waits, so that no worker of the
//! runtime is blocked; what does not fit is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use super::op::Op;
use crate::options::Options;

#[derive(Clone)]
pub(crate) struct Queue {
    sender: Sender<Queued>,
    load: Arc<Load>,
    ops_max: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct Load {
    ops: AtomicUsize,
    bytes: AtomicUsize,
}

/// A request in the queue; it stops counting when it is taken out or dropped.
pub(crate) struct Queued {
    op: Option<Op>,
    bytes: usize,
    load: Arc<Load>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Full {
    #[error("overloaded: {ops} requests of {bytes} bytes wait for the committer")]
    Overloaded { ops: usize, bytes: usize },
    #[error("the store is closed")]
    Closed,
}

pub(crate) fn channel(options: &Options) -> (Queue, Receiver<Queued>) {
    let (sender, receiver) = mpsc::channel();
    let queue = Queue {
        sender,
        load: Arc::default(),
        ops_max: options.queue_max,
        bytes_max: options.queue_bytes_max,
    };
    (queue, receiver)
}

impl Queue {
    pub(crate) fn put(&self, op: Op) -> Result<(), Full> {
        let bytes = op.bytes();
        let ops = self.load.ops.load(Ordering::Relaxed);
        let waiting = self.load.bytes.load(Ordering::Relaxed);
        // One request that alone is over the bound still passes when nothing else waits.
        let fits = ops < self.ops_max && (ops == 0 || waiting + bytes <= self.bytes_max);
        if !fits && !matches!(op, Op::Close) {
            let bytes = waiting;
            return Err(Full::Overloaded { ops, bytes });
        }
        // Two that come at once may both fit into the last room: the bound is about memory, and
        // a request more is no harm.
        self.load.ops.fetch_add(1, Ordering::Relaxed);
        self.load.bytes.fetch_add(bytes, Ordering::Relaxed);
        let queued = Queued {
            op: Some(op),
            bytes,
            load: Arc::clone(&self.load),
        };
        self.sender.send(queued).map_err(|_| Full::Closed)
    }
}

impl Queued {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn take(mut self) -> Op {
        // It is taken once, by value; the option is there for `Drop` alone.
        self.op.take().unwrap_or(Op::Close)
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.load.ops.fetch_sub(1, Ordering::Relaxed);
        self.load.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
