//! What a run found, for machines and for people.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::latency::{Latencies, QUANTILES};

pub(super) struct Report {
    pub(super) mode: String,
    pub(super) connections: usize,
    pub(super) restaurants: usize,
    pub(super) took: Duration,
    pub(super) latencies: Latencies,
    pub(super) created: usize,
    pub(super) refused: u64,
    pub(super) failed: u64,
    pub(super) read_back: usize,
    pub(super) lost: usize,
}

impl Report {
    /// # Errors
    /// When an acknowledged order could not be read back.
    pub(super) fn complain_of_loss(&self) -> anyhow::Result<()> {
        let lost = self.lost;
        anyhow::ensure!(lost == 0, "{lost} acknowledged orders cannot be read back");
        Ok(())
    }

    fn rate(&self) -> f64 {
        self.created as f64 / self.took.as_secs_f64()
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "mode": self.mode, "connections": self.connections,
            "restaurants": self.restaurants, "seconds": self.took.as_secs_f64(),
            "created": self.created, "ordersPerSecond": self.rate(),
            "refused": self.refused, "failed": self.failed,
            "readBack": self.read_back, "lost": self.lost,
            "latencyMs": self.latencies.json(),
        })
    }

    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if as_json {
            writeln!(out, "{}", self.json())?;
            return Ok(());
        }
        let rate = self.rate();
        writeln!(
            out,
            "{}, {} connections, {} restaurants",
            self.mode, self.connections, self.restaurants
        )?;
        writeln!(
            out,
            "  created      {:>10}   in {:.1} s",
            self.created,
            self.took.as_secs_f64()
        )?;
        writeln!(out, "  orders/s     {rate:>10.0}")?;
        for (name, quantile) in QUANTILES {
            writeln!(
                out,
                "  {name:<8}     {:>10.2} ms",
                self.latencies.ms(quantile)
            )?;
        }
        writeln!(out, "  max          {:>10.2} ms", self.latencies.max_ms())?;
        writeln!(out, "  refused      {:>10}   (429, 503)", self.refused)?;
        writeln!(out, "  failed       {:>10}", self.failed)?;
        writeln!(
            out,
            "  read back    {:>10}   lost {}",
            self.read_back, self.lost
        )?;
        Ok(())
    }
}
