//! What was asked of the committer and is not answered yet. It is kept where the guard
//! reaches it, too: those who wait for a committer that hangs in the database would wait for
//! ever.

use std::sync::mpsc::Receiver;

use parking_lot::Mutex;

use super::op::Pending;
use super::queue::Queued;

pub(crate) struct Work {
    /// The requests that wait. The committer holds the lock while it waits for one, not while it
    /// writes.
    pub(super) waiting: Mutex<Receiver<Queued>>,
    /// The requests that are staged and being written.
    pub(super) in_flight: Mutex<Vec<Pending>>,
}

impl Work {
    pub(crate) fn new(waiting: Receiver<Queued>) -> Self {
        Self {
            waiting: Mutex::new(waiting),
            in_flight: Mutex::default(),
        }
    }

    /// Answers the group that is being written; `failed` says why it may not be there.
    pub(crate) fn resolve(&self, failed: Option<&str>) {
        // Taken out under the lock, so that committer and guard answer nobody twice.
        let answers = std::mem::take(&mut *self.in_flight.lock());
        for answer in answers {
            answer.resolve(failed);
        }
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
