//! What was asked of the committer and is not answered yet. It is kept where the guard
//! reaches it, too: those who wait for a committer that hangs in the database would wait for
//! ever.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use parking_lot::Mutex;

use super::op::Pending;
use super::queue::Queued;

pub(crate) struct Work {
    /// The requests that wait. The committer holds the lock while it waits for one, not while it
    /// writes.
    pub(super) waiting: Mutex<Receiver<Queued>>,
    /// The batches that are staged or being written, by number, oldest first.
    in_flight: Mutex<VecDeque<(u64, Vec<Pending>)>>,
}

impl Work {
    pub(crate) fn new(waiting: Receiver<Queued>) -> Self {
        Self {
            waiting: Mutex::new(waiting),
            in_flight: Mutex::default(),
        }
    }

    /// Notes a batch that is staged, before it is written: if that hangs, the guard answers.
    pub(super) fn stage(&self, batch: u64, answers: Vec<Pending>) {
        self.in_flight.lock().push_back((batch, answers));
    }

    /// Answers batches up to this one; `failed` says why they may not be there.
    pub(super) fn resolve_to(&self, last: u64, failed: Option<&str>) {
        // Taken out under the lock, so that writer and guard answer nobody twice.
        let next = || {
            self.in_flight
                .lock()
                .pop_front_if(|(batch, _)| *batch <= last)
        };
        while let Some((_, answers)) = next() {
            for answer in answers {
                answer.resolve(failed);
            }
        }
    }

    /// Answers all that is staged: the store has stopped.
    pub(crate) fn fail(&self, reason: &str) {
        self.resolve_to(u64::MAX, Some(reason));
    }

    /// Refuses all that waits: nothing of it was written. Where the committer itself waits for
    /// requests, it refuses them itself.
    pub(crate) fn refuse_waiting(&self, reason: &str) {
        let Some(waiting) = self.waiting.try_lock() else {
            return;
        };
        for queued in waiting.try_iter() {
            queued.take().refuse(reason);
        }
    }
}
