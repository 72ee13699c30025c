//! The silos' clock, as their answers tell it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

pub(super) struct SiloClock {
    since: Instant,
    began_ms: AtomicU64,
}

impl SiloClock {
    pub(super) fn begin() -> Self {
        Self {
            since: Instant::now(),
            began_ms: AtomicU64::new(0),
        }
    }

    pub(super) fn is(&self, now_ms: u64) {
        // The way of the answer is not counted: a moment of error is far below any deadline.
        let began_ms = now_ms.saturating_sub(self.elapsed_ms());
        self.began_ms.store(began_ms, Ordering::Relaxed);
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.began_ms.load(Ordering::Relaxed) + self.elapsed_ms()
    }

    /// Milliseconds since the edge began, by which it counts its deadlines.
    pub(super) fn elapsed_ms(&self) -> u64 {
        // Half of the range, so that a sum with it does not overflow.
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }
}
