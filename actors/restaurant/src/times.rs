//! How long things took: not each of them, but how many took about how long.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bindings::types::Duration;

/// How many times fell into each bucket of the time's logarithm.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Histogram(BTreeMap<u16, u32>);

/// A histogram with what a mean needs.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Times {
    #[serde(rename = "t")]
    sum_ms: u64,
    #[serde(rename = "h")]
    histogram: Histogram,
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
    pub(crate) fn add(&mut self, ms: u64) {
        *self.0.entry(bucket(ms)).or_default() += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }

    fn count(&self) -> u64 {
        self.0.values().map(|count| u64::from(*count)).sum()
    }

    /// The nearest rank: the shortest time in milliseconds that at least so many of 100 have kept;
    /// absent where there is none.
    pub(crate) fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.count() * percent).div_ceil(100);
        let mut seen = 0;
        let at = self.0.iter().find(|(_, count)| {
            seen += u64::from(**count);
            seen >= rank && rank > 0
        });
        at.map(|(bucket, _)| middle_ms(*bucket))
    }
}

impl Times {
    pub(crate) fn add(&mut self, ms: u64) {
        self.sum_ms = self.sum_ms.saturating_add(ms);
        self.histogram.add(ms);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
        self.histogram.merge(&other.histogram);
    }

    /// Absent where nothing was done.
    pub(crate) fn view(&self) -> Option<Duration> {
        let count = self.histogram.count();
        Some(Duration {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            average_ms: self.sum_ms.checked_div(count)?,
            p50_ms: self.histogram.percentile(50)?,
            p95_ms: self.histogram.percentile(95)?,
        })
    }
}
