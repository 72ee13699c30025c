//! What is staged and not written yet: the next group for the thread that writes, and everybody
//! who waits for an answer. The bound on it is what keeps memory from growing without end; asking
//! never waits, so that no worker of the runtime is blocked, and what does not fit is refused.

use std::collections::VecDeque;
use std::time::Instant;

use pizza_store::StoreError;
use tokio::sync::oneshot;

use super::caches::Caches;
use crate::checkpoint::Sealed;
use crate::log::Record;
use crate::options::Options;

/// So many records that nobody waits for may lie there before they are written.
const UNANSWERED_MAX: usize = 256;

/// Resolves when what was staged is written, and durable if it was to be; an error says why it
/// may not be there.
pub(crate) type Written = oneshot::Receiver<Result<(), String>>;

type Answer = oneshot::Sender<Result<(), String>>;

/// What is written at once.
#[derive(Default)]
pub(super) struct Group {
    pub(super) records: Vec<Record>,
    /// Whether it must be durable before it is answered.
    pub(super) sync: bool,
    /// The number of the last request in it, and how many there are that wait for an answer.
    pub(super) last: u64,
    pub(super) requests: usize,
    /// When the first of them came.
    pub(super) begun: Option<Instant>,
    /// A layer that ends with this group.
    pub(super) sealed: Option<Sealed>,
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.requests == 0 && self.sealed.is_none()
    }
}

/// How much may wait for the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    requests: usize,
    bytes: usize,
}

impl Limits {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            requests: options.queue_max,
            bytes: options.queue_bytes_max,
        }
    }
}

/// Why a request was not even looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("overloaded: {requests} requests of {bytes} bytes wait for the disk")]
    Overloaded { requests: usize, bytes: usize },
    #[error("the store is closed")]
    Closed,
    #[error("the store has stopped: {0}")]
    Poisoned(String),
}

impl Refused {
    /// The error of what was to be done.
    pub(crate) fn of(self, action: &'static str) -> StoreError {
        match self {
            Self::Poisoned(reason) => StoreError::Poisoned { reason },
            other => StoreError::Io {
                action,
                detail: other.to_string(),
            },
        }
    }
}

/// Everything behind the committer's lock.
pub(super) struct Staging {
    pub(super) caches: Caches,
    /// The number of the last record.
    sequence: u64,
    /// The number of the last request that waits for an answer.
    asked: u64,
    group: Group,
    /// By number, with what they take, oldest first.
    answers: VecDeque<(u64, usize, Answer)>,
    waiting_bytes: usize,
    /// Whether the thread that writes sleeps until it is woken.
    writer_sleeps: bool,
    is_closed: bool,
}

impl Staging {
    pub(super) fn new(sequence: u64) -> Self {
        Self {
            caches: Caches::default(),
            sequence,
            asked: 0,
            group: Group::default(),
            answers: VecDeque::new(),
            waiting_bytes: 0,
            writer_sleeps: false,
            is_closed: false,
        }
    }

    /// The number of the last record.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(super) fn admit(&self, bytes: usize, limits: Limits) -> Result<(), Refused> {
        if self.is_closed {
            return Err(Refused::Closed);
        }
        let (requests, waiting) = (self.answers.len(), self.waiting_bytes);
        // One request that alone is over the bound still passes when nothing else waits.
        let fits = requests < limits.requests && (requests == 0 || waiting + bytes <= limits.bytes);
        if fits {
            return Ok(());
        }
        Err(Refused::Overloaded {
            requests,
            bytes: waiting,
        })
    }

    /// Adds a request; whoever asked waits for the answer.
    pub(super) fn add(&mut self, record: Option<Record>, sync: bool, bytes: usize) -> Written {
        self.push(record);
        self.group.sync |= sync;
        self.group.requests += 1;
        self.group.begun.get_or_insert_with(Instant::now);
        self.asked += 1;
        self.group.last = self.asked;
        self.waiting_bytes += bytes;
        let (answer, written) = oneshot::channel();
        self.answers.push_back((self.asked, bytes, answer));
        written
    }

    /// Adds what nobody waits for. True when so much of it lies there that it is to be written.
    pub(super) fn add_unanswered(&mut self, record: Option<Record>) -> bool {
        self.push(record);
        self.group.records.len() >= UNANSWERED_MAX
    }

    fn push(&mut self, record: Option<Record>) {
        // Raised before it is known whether the write succeeds: after a failure nothing is
        // written any more, so no number is given twice.
        if let Some(record) = record {
            self.sequence = record.sequence;
            self.group.records.push(record);
        }
    }

    /// Waits with the last one that waits.
    pub(super) fn tail(&mut self) -> Option<Written> {
        let (last, ..) = self.answers.back()?;
        let last = *last;
        let (answer, written) = oneshot::channel();
        self.answers.push_back((last, 0, answer));
        Some(written)
    }

    pub(super) fn take_answers(&mut self, last: u64) -> Vec<Answer> {
        let mut taken = Vec::new();
        while let Some((_, bytes, answer)) =
            self.answers.pop_front_if(|(number, ..)| *number <= last)
        {
            self.waiting_bytes -= bytes;
            taken.push(answer);
        }
        taken
    }

    /// What is to be written next, if there is anything; otherwise the writer sleeps.
    pub(super) fn take_group(&mut self) -> Option<Group> {
        self.writer_sleeps = self.group.is_empty();
        (!self.writer_sleeps).then(|| std::mem::take(&mut self.group))
    }

    /// Whether the writer has to be woken.
    pub(super) fn writer_is_woken(&mut self) -> bool {
        std::mem::take(&mut self.writer_sleeps)
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }
}
