//! How many bytes something takes, and how many all of its kind take together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What it has is subtracted from the sum when it is dropped.
pub(crate) struct Account {
    pub(crate) bytes: usize,
    /// Relaxed everywhere: it stands for itself, and nothing is read by it.
    total: Arc<AtomicUsize>,
}

impl Account {
    pub(crate) fn new(total: Arc<AtomicUsize>) -> Self {
        Self { bytes: 0, total }
    }

    /// What all of the same kind take together.
    pub(crate) fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Instead of what it has.
    pub(crate) fn set(&mut self, bytes: usize) {
        self.subtract(self.bytes);
        self.add(bytes);
    }

    pub(crate) fn subtract(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.bytes, "it was added before");
        self.bytes -= bytes;
        self.total.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
