//! Those who are in and have not said who they are. There is no room for many, and the
//! newest are the likeliest to say it soon: the others have to make room.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::task::AbortHandle;

use super::metrics;

pub(super) struct Hall {
    waiting: Mutex<BTreeMap<u64, AbortHandle>>,
    max: usize,
}

impl Hall {
    pub(super) fn new(max: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            max: max.max(1),
        }
    }

    /// `begin` begins what takes care of the newcomer.
    pub(super) fn enter(&self, number: u64, begin: impl FnOnce() -> AbortHandle) {
        let mut waiting = self.waiting.lock();
        if waiting.len() >= self.max
            && let Some((_, oldest)) = waiting.pop_first()
        {
            metrics::refused("too many say nothing");
            oldest.abort();
        }
        // Under the lock: it cannot leave before it has entered.
        waiting.insert(number, begin());
    }

    pub(super) fn leave(&self, number: u64) {
        self.waiting.lock().remove(&number);
    }
}
