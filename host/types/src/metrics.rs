//! What one module has done, up to one moment.

/// A snapshot of a module's counters and latencies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModuleMetrics {
    /// The number of turns that the module was asked to do, queries among them.
    pub turns: u64,
    /// The number of these that it did badly: traps and broken bounds.
    pub failed: u64,
    /// Median of a turn in microseconds, no more than a quarter too high: buckets grow by that.
    pub p50_us: u64,
    /// The time in microseconds that 99 of 100 turns do not exceed, as exact as `p50_us`.
    pub p99_us: u64,
}

impl ModuleMetrics {
    /// The turns and failures that have come since `earlier`; the latencies are those of now.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            // A module that serves anew begins at 0; nothing is better than a huge number.
            turns: self.turns.saturating_sub(earlier.turns),
            failed: self.failed.saturating_sub(earlier.failed),
            // They are of all that the module has done: two quantiles cannot be subtracted.
            ..*self
        }
    }
}
