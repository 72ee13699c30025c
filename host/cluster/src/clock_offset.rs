//! How far a silo's date is from the one that all silos share: the store's.

use std::sync::atomic::{AtomicI64, Ordering};

use pizza_clock::Moment;

/// A date that is further from the store's is wrong, in milliseconds.
const OFF_MS_MAX: u64 = 500;
/// Nothing was measured yet.
const UNKNOWN: i64 = i64::MIN;
/// An answer that took longer says too little: it may have been made at any moment of that time.
const ROUND_TRIP_MS_MAX: u64 = 200;

/// What was measured last.
#[derive(Debug)]
pub struct ClockOffset(AtomicI64);

impl Default for ClockOffset {
    fn default() -> Self {
        Self(AtomicI64::new(UNKNOWN))
    }
}

impl ClockOffset {
    /// How far this silo's date is ahead of the store's, in milliseconds; negative where it is behind. `None` while
    /// nothing was measured.
    #[must_use]
    pub fn ahead_ms(&self) -> Option<i64> {
        let ahead_ms = self.0.load(Ordering::Relaxed);
        (ahead_ms != UNKNOWN).then_some(ahead_ms)
    }

    /// The same where it is so much that this silo's date is not to be gone by. Less may come of the measurement, and
    /// dates that agree better than it can tell are not to be set apart by it.
    #[must_use]
    pub fn wrong_ms(&self) -> Option<i64> {
        let ahead_ms = self.ahead_ms();
        ahead_ms.filter(|ahead_ms| ahead_ms.unsigned_abs() > OFF_MS_MAX)
    }

    /// The store has said what its date is: somewhere between these two moments, so most probably in the middle.
    pub(crate) fn measured(&self, asked: Moment, answered: Moment, store_ms: u64) {
        let round_trip_ms = answered.now_ms.saturating_sub(asked.now_ms);
        if round_trip_ms > ROUND_TRIP_MS_MAX {
            return;
        }
        let ours = i128::from(answered.wall_ms) - i128::from(round_trip_ms / 2);
        let ahead = ours - i128::from(store_ms);
        let ahead_ms = i64::try_from(ahead).unwrap_or(i64::MAX);
        self.0.store(ahead_ms, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(round_trip_ms: u64, wall_ms: u64, store_ms: u64) -> Option<i64> {
        let offset = ClockOffset::default();
        let at = |now_ms, wall_ms| Moment { now_ms, wall_ms };
        let asked = at(5_000, wall_ms - round_trip_ms);
        offset.measured(asked, at(5_000 + round_trip_ms, wall_ms), store_ms);
        offset.ahead_ms()
    }

    #[test]
    fn it_is_counted_from_the_middle_of_the_round_trip() {
        assert_eq!(measured(0, 900_000, 900_000), Some(0));
        assert_eq!(measured(40, 900_020, 900_000), Some(0));
        assert_eq!(measured(40, 903_020, 900_000), Some(3_000));
        assert_eq!(measured(40, 898_020, 900_000), Some(-2_000));
        assert_eq!(measured(201, 903_000, 900_000), None, "too slow to say");
    }
}
