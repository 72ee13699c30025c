//! What a publisher waits for: that the house has taken its message, for good.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::session::SessionId;

/// Only touched under the hub's lock, but for the publisher's own look at it.
#[derive(Debug)]
pub(super) struct Receipt {
    pub(super) publisher: SessionId,
    /// Sessions of the house that have not acknowledged it.
    open: AtomicUsize,
}

impl Receipt {
    pub(super) fn new(publisher: SessionId) -> Self {
        Self {
            publisher,
            open: AtomicUsize::new(0),
        }
    }

    /// One more session of the house has to take it.
    pub(super) fn wait(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// One of them has; whether it was the last.
    pub(super) fn take(&self) -> bool {
        self.open.fetch_sub(1, Ordering::Release) == 1
    }

    pub(super) fn is_complete(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }
}
