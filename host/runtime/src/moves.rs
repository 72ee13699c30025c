//! The pace at which actors leave for other silos while this one stays.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// How often some leave, in milliseconds.
pub(crate) const STEP_MS: u64 = 100;

/// How fast actors may leave this silo while it stays.
pub(crate) struct Moves {
    per_second: AtomicU64,
    /// How many may leave at once, in thousandths of an actor, and when that was counted.
    allowance: Mutex<(u64, u64)>,
    /// There may be some to let go of.
    kicked: Notify,
}

impl Moves {
    pub(crate) fn new(per_second: u64) -> Self {
        Self {
            per_second: AtomicU64::new(per_second),
            allowance: Mutex::new((0, 0)),
            kicked: Notify::new(),
        }
    }

    /// From now on so many may leave in a second.
    pub(crate) fn set(&self, per_second: u64) {
        self.per_second.store(per_second, Ordering::Relaxed);
        self.kicked.notify_one();
    }

    /// Returns when the pace was set.
    pub(crate) fn kicked(&self) -> Notified<'_> {
        self.kicked.notified()
    }

    /// Whether one more may leave now.
    pub(crate) fn may_leave(&self, now_ms: u64) -> bool {
        let per_second = self.per_second.load(Ordering::Relaxed);
        let mut allowance = self.allowance.lock();
        let (thousandths, counted_ms) = *allowance;
        let gained = now_ms.saturating_sub(counted_ms).saturating_mul(per_second);
        // What was not used for longer than a step is lost: a burst would be felt by those who ask.
        let most = (per_second * STEP_MS).max(1_000);
        let has = thousandths.saturating_add(gained).min(most);
        let leaves = has >= 1_000;
        *allowance = (if leaves { has - 1_000 } else { has }, now_ms);
        leaves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_leave_than_may() {
        let moves = Moves::new(50);
        let left = (1_000..11_000_u64)
            .filter(|now_ms| moves.may_leave(*now_ms))
            .count();
        assert!((495..=510).contains(&left), "{left} in ten seconds");
        moves.set(0);
        let left = (11_000..21_000_u64)
            .filter(|now_ms| moves.may_leave(*now_ms))
            .count();
        assert!(left <= 5, "{left} of what was left over");
    }
}
