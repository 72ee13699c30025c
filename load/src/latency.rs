//! Latencies, counted in microseconds and told in milliseconds.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// What is told of a distribution, beside its maximum.
pub(crate) const QUANTILES: [(&str, f64); 4] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> anyhow::Result<Self> {
        // Three significant digits; it grows with what is recorded.
        Ok(Self(Histogram::new(3)?))
    }

    pub(crate) fn record(&mut self, latency: Duration) -> anyhow::Result<()> {
        let micros = u64::try_from(latency.as_micros())?;
        Ok(self.0.record(micros)?)
    }

    pub(crate) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    /// How many were recorded.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    pub(crate) fn ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1_000.0
    }

    pub(crate) fn max_ms(&self) -> f64 {
        self.0.max() as f64 / 1_000.0
    }

    pub(crate) fn json(&self) -> Value {
        let (p50, p90, p99, p999) = (self.ms(0.5), self.ms(0.9), self.ms(0.99), self.ms(0.999));
        json!({"p50": p50, "p90": p90, "p99": p99, "p999": p999, "max": self.max_ms()})
    }

    /// A line of a table: each quantile, and the maximum.
    pub(crate) fn row(&self, name: &str) -> [String; 6] {
        let cell = |ms: f64| {
            if ms < 1_000.0 {
                format!("{ms:.1} ms")
            } else {
                format!("{:.1} s", ms / 1_000.0)
            }
        };
        let [a, b, c, d] = QUANTILES.map(|(_, quantile)| cell(self.ms(quantile)));
        [name.to_owned(), a, b, c, d, cell(self.max_ms())]
    }
}

pub(crate) fn head(title: &str) -> [&str; 6] {
    let [a, b, c, d] = QUANTILES.map(|(name, _)| name);
    [title, a, b, c, d, "max"]
}
