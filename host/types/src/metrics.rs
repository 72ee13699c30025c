//! What one module has done, up to one moment.

/// A snapshot of a module's counters and latencies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModuleMetrics {
    /// Turns that the module was asked to do, queries among them.
    pub turns: u64,
    /// Of these, the ones that it did badly: traps and broken bounds.
    pub failed: u64,
    /// Median of a turn in microseconds, no more than twice too high: the buckets double.
    pub p50_us: u64,
    /// As `p50_us`, of the slowest hundredth.
    pub p99_us: u64,
}

impl ModuleMetrics {
    /// What has come since `earlier`; latencies are those of now.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            // A module that serves anew begins at 0; nothing is better than a huge number.
            turns: self.turns.saturating_sub(earlier.turns),
            failed: self.failed.saturating_sub(earlier.failed),
            ..*self
        }
    }
}
