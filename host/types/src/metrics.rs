//! What one module has done, at one moment.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModuleMetrics {
    /// Turns that the module was asked to do, queries among them.
    pub turns: u64,
    /// Of these, the ones that it did badly: traps and broken bounds.
    pub failed: u64,
    /// Microseconds; no more than twice too high.
    pub p50_us: u64,
    pub p99_us: u64,
}

impl ModuleMetrics {
    /// What has come since `earlier`; latencies are those of now.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            turns: self.turns.saturating_sub(earlier.turns),
            failed: self.failed.saturating_sub(earlier.failed),
            ..*self
        }
    }
}
