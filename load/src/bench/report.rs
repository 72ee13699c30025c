//! What a run found, for machines and for people.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::cpu::CpuSeconds;
use super::restaurant_counts::Counted;
use crate::latency::{Latencies, QUANTILES};

/// A pizzeria that gets slower while it runs shows it from window to window.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

pub(super) struct Report {
    pub(super) mode: String,
    pub(super) connections: usize,
    pub(super) restaurants: usize,
    pub(super) took: Duration,
    pub(super) latencies: Latencies,
    /// The same for each ten seconds.
    pub(super) windows: Vec<Latencies>,
    pub(super) cpu: Option<CpuSeconds>,
    pub(super) created: usize,
    /// Those of the warm-up too.
    pub(super) promised: u64,
    pub(super) counted: Counted,
    pub(super) refused: u64,
    pub(super) failed: u64,
    pub(super) read_back: usize,
    pub(super) lost: usize,
}

impl Report {
    /// # Errors
    /// When an acknowledged order could not be read back, or the restaurants have not counted
    /// all of them.
    pub(super) fn complain_of_loss(&self) -> anyhow::Result<()> {
        let (lost, promised) = (self.lost, self.promised);
        anyhow::ensure!(lost == 0, "{lost} acknowledged orders cannot be read back");
        let Counted { orders, after } = self.counted;
        anyhow::ensure!(
            orders >= promised,
            "restaurants have counted {orders} of {promised} promised orders after {after:.0?}"
        );
        Ok(())
    }

    /// Microseconds of CPU an order, of the server and of the generator.
    fn cpu_us(&self) -> Option<(f64, f64)> {
        let created = self.created.max(1) as f64;
        let each = |seconds: f64| seconds * 1e6 / created;
        let cpu = self.cpu.as_ref();
        cpu.map(|cpu| (each(cpu.server), each(cpu.generator)))
    }

    /// Orders a second of each window.
    fn window_rates(&self) -> Vec<f64> {
        let (mut left, mut rates) = (self.took, Vec::new());
        for window in &self.windows {
            let span = left.min(WINDOW);
            left -= span;
            rates.push(window.count() as f64 / span.as_secs_f64().max(1.0));
        }
        rates
    }

    fn rate(&self) -> f64 {
        self.created as f64 / self.took.as_secs_f64()
    }

    pub(super) fn json(&self) -> Value {
        let cpu = self.cpu_us();
        json!({
            "mode": self.mode, "connections": self.connections,
            "restaurants": self.restaurants, "seconds": self.took.as_secs_f64(),
            "created": self.created, "ordersPerSecond": self.rate(),
            "refused": self.refused, "failed": self.failed,
            "readBack": self.read_back, "lost": self.lost,
            "latencyMs": self.latencies.json(),
            "windows": self.window_rates().iter().zip(&self.windows).map(|(rate, window)| {
                json!({"ordersPerSecond": rate, "latencyMs": window.json()})
            }).collect::<Vec<_>>(),
            "serverCpuUsPerOrder": cpu.map(|(server, _)| server),
            "generatorCpuUsPerOrder": cpu.map(|(_, generator)| generator),
            "promised": self.promised, "countedByRestaurants": self.counted.orders,
            "countedAfterMs": self.counted.after.as_secs_f64() * 1e3,
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
        writeln!(
            out,
            "  restaurants  {:>10}   counted of {} promised, {:.0} ms after the end",
            self.counted.orders,
            self.promised,
            self.counted.after.as_secs_f64() * 1e3
        )?;
        if let Some((server, generator)) = self.cpu_us() {
            writeln!(
                out,
                "  CPU an order {server:>10.0} µs server, {generator:.0} µs generator"
            )?;
        }
        if self.windows.len() > 1 {
            writeln!(out, "  each {} s", WINDOW.as_secs())?;
            for (rate, window) in self.window_rates().iter().zip(&self.windows) {
                let p99 = window.ms(0.99);
                writeln!(out, "               {rate:>10.0} orders/s, p99 {p99:.2} ms")?;
            }
        }
        Ok(())
    }
}
