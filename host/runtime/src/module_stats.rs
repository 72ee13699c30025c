//! What one module has done since it serves: the watch over canaries decides by it whether
//! the module may go on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pizza_types::ModuleMetrics;

use crate::breaker::Outcome;

/// The number of latency classes, one for each power of two of microseconds: up to half an hour.
const CLASSES: usize = 32;

/// Counters and a histogram, without locks.
#[derive(Debug, Default)]
pub struct ModuleStats {
    turns: AtomicU64,
    failed: AtomicU64,
    latency: [AtomicU64; CLASSES],
}

impl ModuleStats {
    pub(crate) fn add(&self, outcome: Outcome, took: Duration) {
        if outcome == Outcome::Ignored {
            return;
        }
        self.turns.fetch_add(1, Ordering::Relaxed);
        if outcome == Outcome::Failure {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // The number of binary digits: class n holds 2^(n-1) to 2^n - 1 microseconds.
        let class = (u64::BITS - micros.leading_zeros()) as usize;
        self.latency[class.min(CLASSES - 1)].fetch_add(1, Ordering::Relaxed);
    }

    #[must_use]
    pub fn metrics(&self) -> ModuleMetrics {
        let classes = self.latency.each_ref().map(|n| n.load(Ordering::Relaxed));
        ModuleMetrics {
            turns: self.turns.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            p50_us: quantile(&classes, 50),
            p99_us: quantile(&classes, 99),
        }
    }
}

/// The upper end of the class in which the quantile lies.
fn quantile(classes: &[u64; CLASSES], percent: u64) -> u64 {
    let total: u64 = classes.iter().sum();
    let wanted = (total * percent).div_ceil(100);
    let mut seen = 0;
    for (class, count) in classes.iter().enumerate() {
        seen += count;
        if seen >= wanted && total > 0 {
            return 1 << class;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_tells_of_the_module() {
        let stats = ModuleStats::default();
        for micros in 1..=98 {
            stats.add(Outcome::Success, Duration::from_micros(micros));
        }
        stats.add(Outcome::Failure, Duration::from_micros(5_000));
        stats.add(Outcome::Failure, Duration::from_micros(5_000));
        stats.add(Outcome::Ignored, Duration::from_secs(1));
        let counts = stats.metrics();
        assert_eq!((counts.turns, counts.failed), (100, 2));
        assert_eq!((counts.p50_us, counts.p99_us), (64, 8_192));
        assert_eq!(ModuleStats::default().metrics(), ModuleMetrics::default());
    }
}
