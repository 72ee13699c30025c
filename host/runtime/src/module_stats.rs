//! What one module has done since it serves: the watch over canaries decides by it whether
//! the module may go on, and operators see by it how fast it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pizza_types::ModuleMetrics;

use crate::breaker::Outcome;

/// The number of latency classes: four for each power of two of microseconds, up to two hours.
const CLASSES: usize = 128;
/// The classes that a power of two is divided into, as a power of two itself.
const DIVIDED: u32 = 2;

/// Counters and a histogram, without locks.
#[derive(Debug)]
pub struct ModuleStats {
    turns: AtomicU64,
    failed: AtomicU64,
    latency: [AtomicU64; CLASSES],
}

/// How many turns there were of each class of latency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency([u64; CLASSES]);

/// What a module had done at one moment, or within some time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub turns: u64,
    pub failed: u64,
    pub latency: Latency,
}

impl Default for ModuleStats {
    fn default() -> Self {
        Self {
            turns: AtomicU64::default(),
            failed: AtomicU64::default(),
            latency: [const { AtomicU64::new(0) }; CLASSES],
        }
    }
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
        self.latency[class(micros)].fetch_add(1, Ordering::Relaxed);
    }

    #[must_use]
    pub fn metrics(&self) -> ModuleMetrics {
        let counts = self.counts();
        ModuleMetrics {
            turns: counts.turns,
            failed: counts.failed,
            p50_us: counts.latency.quantile(50),
            p99_us: counts.latency.quantile(99),
        }
    }

    /// All that it has counted so far. Turns that end meanwhile may be in a part of it.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            turns: self.turns.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            latency: Latency(self.latency.each_ref().map(|n| n.load(Ordering::Relaxed))),
        }
    }
}

impl Counts {
    /// What was counted since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let classes = self.latency.0.iter().zip(&before.latency.0);
        let mut latency = Latency::default();
        for (since, (now, then)) in latency.0.iter_mut().zip(classes) {
            *since = now.saturating_sub(*then);
        }
        Self {
            turns: self.turns.saturating_sub(before.turns),
            failed: self.failed.saturating_sub(before.failed),
            latency,
        }
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self([0; CLASSES])
    }
}

impl Latency {
    /// The classes in which there is something: the end of each in microseconds, which nothing in it
    /// reaches, and how much there is.
    pub fn classes(&self) -> impl Iterator<Item = (u64, u64)> {
        let counted = self.0.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(class, count)| (end_us(class), *count))
    }

    /// The end of the class in which the quantile lies; 0 where nothing was counted.
    fn quantile(&self, percent: u64) -> u64 {
        let total: u64 = self.0.iter().sum();
        let wanted = (total * percent).div_ceil(100);
        let mut seen = 0;
        let reached = self.classes().find(|(_, count)| {
            seen += count;
            seen >= wanted
        });
        reached.map_or(0, |(end_us, _)| end_us)
    }
}

/// The power of two decides, and the two binary digits below it.
fn class(micros: u64) -> usize {
    let steps = 1 << DIVIDED;
    if micros < steps {
        return usize::try_from(micros).unwrap_or(CLASSES - 1);
    }
    let power = micros.ilog2();
    let below = (micros >> (power - DIVIDED)) % steps;
    let class = u64::from(power - DIVIDED + 1) * steps + below;
    usize::try_from(class).map_or(CLASSES - 1, |class| class.min(CLASSES - 1))
}

/// The smallest number of microseconds that is above a class.
fn end_us(class: usize) -> u64 {
    let (class, steps) = (class as u64 + 1, 1 << DIVIDED);
    let power = (class / steps).saturating_sub(1);
    (class - power * steps) << power
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
        let metrics = stats.metrics();
        assert_eq!((metrics.turns, metrics.failed), (100, 2));
        assert_eq!((metrics.p50_us, metrics.p99_us), (56, 5_120));
        assert_eq!(ModuleStats::default().metrics(), ModuleMetrics::default());
    }

    #[test]
    fn a_class_ends_no_more_than_a_quarter_above_what_is_in_it() {
        let powers = (0..=32).flat_map(|power| [(1_u64 << power) - 1, 1 << power, 3 << power]);
        for micros in powers.filter(|micros| *micros < 1 << 33) {
            let class = class(micros);
            let end_us = end_us(class);
            let begin_us = if class == 0 {
                0
            } else {
                super::end_us(class - 1)
            };
            assert!(
                (begin_us..end_us).contains(&micros),
                "{micros}: {begin_us} to {end_us}"
            );
            assert!(end_us <= micros + micros / 4 + 1, "{micros}: {end_us}");
        }
        assert_eq!(class(u64::MAX), CLASSES - 1);
    }

    #[test]
    fn what_was_before_is_not_in_what_came_since() {
        let stats = ModuleStats::default();
        stats.add(Outcome::Failure, Duration::from_secs(1));
        let before = stats.counts();
        stats.add(Outcome::Success, Duration::from_micros(3));
        let since = stats.counts().since(&before);
        assert_eq!((since.turns, since.failed), (1, 0));
        assert_eq!(since.latency.classes().collect::<Vec<_>>(), [(4, 1)]);
    }
}
