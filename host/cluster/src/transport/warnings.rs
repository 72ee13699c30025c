//! What an operator is told, and not each time: a silo that cannot be reached is asked again and again.

use std::sync::atomic::{AtomicU64, Ordering};

/// The time between two warnings, in milliseconds.
const EVERY_MS: u64 = 10_000;

/// When the next warning is due, in milliseconds; at first it is.
#[derive(Debug, Default)]
pub struct Warnings(AtomicU64);

impl Warnings {
    /// Whether to warn now. Then it is not due for ten seconds.
    pub fn is_due(&self, now_ms: u64) -> bool {
        let next = now_ms.saturating_add(EVERY_MS);
        let due = |at_ms| (at_ms <= now_ms).then_some(next);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, due);
        taken.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_in_ten_seconds() {
        let warnings = Warnings::default();
        let due = [5, 6, 10_004, 10_005, 10_006].map(|now_ms| warnings.is_due(now_ms));
        assert_eq!(due, [true, false, false, true, false]);
    }
}
