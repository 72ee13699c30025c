//! How long things took: not each of them, but how many took about how long.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bindings::types::Duration;

/// How many times fell into each bucket of the time's logarithm.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Histogram(BTreeMap<u16, u32>);

/// The shortest and the longest of the times in a histogram, exactly: with few of them its buckets are
/// coarser than what people compare. Nothing where an older module has counted some of them.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Extremes(Option<(u64, u64)>);

/// A histogram with what a mean needs.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Times {
    #[serde(rename = "t")]
    sum_ms: u64,
    #[serde(rename = "h")]
    histogram: Histogram,
    #[serde(rename = "x", default)]
    extremes: Extremes,
}

/// The bucket of a time. There are eight for each doubling: a value is known to within a tenth.
fn bucket(ms: u64) -> u16 {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the logarithm of a u64 is below 64"
    )]
    let bucket = (((ms + 1) as f64).log2() * 8.0).round() as u16;
    bucket
}

fn middle_ms(bucket: u16) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a bucket was made of a u64, so its middle is near one; a cast saturates"
    )]
    let ms = (f64::from(bucket) / 8.0).exp2() as u64;
    ms.saturating_sub(1)
}

impl Histogram {
    pub(crate) fn add(&mut self, ms: u64, extremes: &mut Extremes) {
        extremes.widen(Extremes(Some((ms, ms))), self.0.is_empty());
        *self.0.entry(bucket(ms)).or_default() += 1;
    }

    /// Adds another one and its extremes.
    pub(crate) fn merge(&mut self, (other, of_other): (&Self, Extremes), extremes: &mut Extremes) {
        if other.0.is_empty() {
            return;
        }
        extremes.widen(of_other, self.0.is_empty());
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }

    fn count(&self) -> u64 {
        self.0.values().map(|count| u64::from(*count)).sum()
    }

    /// The nearest rank: the shortest time in milliseconds that at least so many of 100 have kept;
    /// absent where there is none.
    pub(crate) fn percentile(&self, percent: u64, extremes: Extremes) -> Option<u64> {
        let count = self.count();
        let rank = (count * percent).div_ceil(100);
        if let Some((least, most)) = extremes.0 {
            return match rank {
                0 => None,
                1 => Some(least),
                _ if rank == count => Some(most),
                _ => Some(self.at_rank(rank)?.clamp(least, most)),
            };
        }
        self.at_rank(rank)
    }

    /// About how long the one took of which so many took no longer.
    fn at_rank(&self, rank: u64) -> Option<u64> {
        let mut seen = 0;
        let at = self.0.iter().find(|(_, count)| {
            seen += u64::from(**count);
            seen >= rank && rank > 0
        });
        at.map(|(bucket, _)| middle_ms(*bucket))
    }
}

impl Extremes {
    fn widen(&mut self, other: Self, is_first: bool) {
        *self = match (self.0, other.0) {
            _ if is_first => other,
            (Some(one), Some(other)) => Self(Some((one.0.min(other.0), one.1.max(other.1)))),
            _ => Self(None),
        };
    }
}

impl Times {
    pub(crate) fn add(&mut self, ms: u64) {
        self.sum_ms = self.sum_ms.saturating_add(ms);
        self.histogram.add(ms, &mut self.extremes);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
        let other = (&other.histogram, other.extremes);
        self.histogram.merge(other, &mut self.extremes);
    }

    /// Absent where nothing was done.
    pub(crate) fn view(&self) -> Option<Duration> {
        let count = self.histogram.count();
        Some(Duration {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            average_ms: self.sum_ms.checked_div(count)?,
            p50_ms: self.histogram.percentile(50, self.extremes)?,
            p95_ms: self.histogram.percentile(95, self.extremes)?,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use silo_sdk::state;

    use super::*;

    fn of(times: &[u64]) -> Times {
        let mut all = Times::default();
        times.iter().for_each(|ms| all.add(*ms));
        all
    }

    fn percentiles(times: &Times) -> (u64, u64) {
        let view = times.view().unwrap();
        (view.p50_ms, view.p95_ms)
    }

    #[test]
    fn percentiles_are_none_that_nobody_has_measured() {
        for ms in [0, 1, 999, 61_234, 7_654_321] {
            assert_eq!(percentiles(&of(&[ms])), (ms, ms));
            assert_eq!(percentiles(&of(&[ms; 40])), (ms, ms));
        }
        assert_eq!(percentiles(&of(&[90_001, 10_007])), (10_007, 90_001));
        let (p50, p95) = percentiles(&of(&[10_007, 50_000, 90_001]));
        assert!((47_000..53_000).contains(&p50), "{p50}");
        assert_eq!(p95, 90_001);
        let mut both = of(&[10_007]);
        both.merge(&of(&[90_001]));
        both.merge(&Times::default());
        assert_eq!(percentiles(&both), (10_007, 90_001));
    }

    /// What an older module has counted may be shorter and longer than all that is counted now.
    #[test]
    fn what_was_counted_without_extremes_has_none_later() {
        #[derive(Serialize)]
        struct Before {
            t: u64,
            h: BTreeMap<u16, u32>,
        }
        let before = Before {
            t: 600_000,
            h: BTreeMap::from([(bucket(600_000), 1)]),
        };
        let mut times: Times = state::decode(&state::encode(&before)).unwrap();
        times.add(10);
        let mut sum = of(&[20]);
        sum.merge(&times);
        for times in [times, sum] {
            let (_, p95) = percentiles(&times);
            assert!((540_000..660_000).contains(&p95), "{p95}");
        }
    }
}
