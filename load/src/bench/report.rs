//! What a run found, for machines and for people.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::arrivals::{Arrived, Both};
use super::cpu::CpuSeconds;
use super::lag::Lag;
use super::read_back::ReadBack;
use crate::latency::{Latencies, QUANTILES};

/// A pizzeria that gets slower while it runs shows it from window to window.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

pub(super) struct Report {
    pub(super) mode: String,
    pub(super) connections: usize,
    pub(super) restaurants: usize,
    pub(super) took: Duration,
    /// From its end until the last answer.
    pub(super) late: Duration,
    /// Orders that were acknowledged within it.
    pub(super) in_time: u64,
    pub(super) latencies: Latencies,
    /// The same for each ten seconds.
    pub(super) windows: Vec<Latencies>,
    pub(super) cpu: Option<CpuSeconds>,
    pub(super) created: usize,
    /// Those of the warm-up too.
    pub(super) promised: u64,
    /// Those that were not acknowledged, of which some may have been created all the same.
    pub(super) unsure: u64,
    pub(super) arrived: Arrived,
    pub(super) lag: Lag,
    /// The longest that orders may take to their restaurant and their kitchen.
    pub(super) lag_max: Duration,
    pub(super) refused: u64,
    pub(super) failed: u64,
    /// Those that had no answer when the run gave up, and those that were not even sent.
    pub(super) unanswered: u64,
    pub(super) unsent: u64,
    pub(super) read_back: ReadBack,
}

impl Report {
    /// # Errors
    /// When an acknowledged order could not be read back, when restaurants or kitchens do not have
    /// each of them once, or when it took them too long.
    pub(super) fn complain(&self) -> anyhow::Result<()> {
        self.complain_of_loss()?;
        self.complain_of_what_is_missing()?;
        let (lag, lag_max) = (self.lag_longest(), self.lag_max);
        anyhow::ensure!(
            lag <= lag_max,
            "deliveries were {lag:.0?} behind; at most {lag_max:.0?} were asked for (--lag-max)"
        );
        Ok(())
    }

    /// # Errors
    /// When orders were not sent at all or not answered, or not all that were to be were read back.
    pub(super) fn complain_of_what_is_missing(&self) -> anyhow::Result<()> {
        let (unsent, unanswered, mode) = (self.unsent, self.unanswered, &self.mode);
        anyhow::ensure!(
            unsent == 0,
            "{mode}: {unsent} orders were not even sent, so that the latencies say too little; \
             this pizzeria has taken {:.0} a second",
            self.rate()
        );
        anyhow::ensure!(
            unanswered == 0,
            "{unanswered} orders had no answer when no more was waited for (--end-within)"
        );
        let ReadBack { wanted, read, .. } = self.read_back;
        anyhow::ensure!(
            read == wanted,
            "{read} of {wanted} orders could be read back in time; --sample reads fewer, \
             --end-within waits longer"
        );
        Ok(())
    }

    /// # Errors
    /// When an acknowledged order could not be read back, or restaurants or kitchens do not have
    /// each of them once.
    pub(super) fn complain_of_loss(&self) -> anyhow::Result<()> {
        let (lost, promised) = (self.read_back.lost, self.promised);
        anyhow::ensure!(lost == 0, "{lost} acknowledged orders cannot be read back");
        let Arrived { orders, after, .. } = &self.arrived;
        for (who, orders, after) in [
            ("restaurants", orders.restaurants, after.restaurants),
            ("kitchens", orders.kitchens, after.kitchens),
        ] {
            anyhow::ensure!(
                orders >= promised,
                "{who} have {orders} of {promised} promised orders after {after:.0?}"
            );
            // A request without its answer may have been carried out.
            let most = promised + self.unsure;
            anyhow::ensure!(
                orders <= most,
                "{who} have {orders} orders, and no more than {most} were sent: some came twice"
            );
        }
        Ok(())
    }

    /// The longest that an order took to its restaurant or its kitchen, as far as was looked.
    fn lag_longest(&self) -> Duration {
        let after = self
            .arrived
            .after
            .restaurants
            .max(self.arrived.after.kitchens);
        let Both {
            restaurants,
            kitchens,
        } = &self.lag.until_there;
        let looked_ms = restaurants.max_ms().max(kitchens.max_ms());
        after.max(Duration::from_secs_f64(looked_ms / 1e3))
    }

    /// Microseconds of CPU an order, of the server and of the generator.
    fn cpu_us(&self) -> Option<(f64, f64)> {
        self.cpu.as_ref()?.us_of_each(self.in_time)
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

    /// The orders that had not ended when the load ended.
    fn open(&self) -> u64 {
        self.arrived.open.values().sum()
    }

    fn rate(&self) -> f64 {
        self.in_time as f64 / self.took.as_secs_f64()
    }

    pub(super) fn json(&self) -> Value {
        let cpu = self.cpu_us();
        json!({
            "mode": self.mode, "connections": self.connections,
            "restaurants": self.restaurants, "seconds": self.took.as_secs_f64(),
            "lastAnswerSecondsBehind": self.late.as_secs_f64(),
            "created": self.created, "ordersPerSecond": self.rate(),
            "refused": self.refused, "failed": self.failed,
            "unanswered": self.unanswered, "unsent": self.unsent,
            "readBack": self.read_back.read, "lost": self.read_back.lost,
            "latencyMs": self.latencies.json(),
            "windows": self.window_rates().iter().zip(&self.windows).map(|(rate, window)| {
                json!({"ordersPerSecond": rate, "latencyMs": window.json()})
            }).collect::<Vec<_>>(),
            "serverCpuUsPerOrder": cpu.map(|(server, _)| server),
            "generatorCpuUsPerOrder": cpu.map(|(_, generator)| generator),
            "promised": self.promised, "unsure": self.unsure,
            "inRestaurants": arrived(
                self.arrived.orders.restaurants, self.arrived.behind.restaurants,
                self.arrived.after.restaurants, &self.lag.until_there.restaurants,
            ),
            "inKitchens": arrived(
                self.arrived.orders.kitchens, self.arrived.behind.kitchens,
                self.arrived.after.kitchens, &self.lag.until_there.kitchens,
            ),
            "open": self.open(), "openBefore": self.arrived.open_before,
            "openByStatus": self.arrived.open,
            "outboxPendingMax": self.lag.outbox_pending_max,
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
            "  created      {:>10}   in {:.1} s, the last one answered {:.1} s behind its end",
            self.created,
            self.took.as_secs_f64(),
            self.late.as_secs_f64()
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
        writeln!(out, "  refused      {:>10}   (429, 503, 507)", self.refused)?;
        writeln!(out, "  failed       {:>10}", self.failed)?;
        if self.unsent + self.unanswered > 0 {
            let (unsent, unanswered) = (self.unsent, self.unanswered);
            writeln!(
                out,
                "  not sent     {unsent:>10}   not answered {unanswered}"
            )?;
        }
        writeln!(
            out,
            "  read back    {:>10}   lost {}",
            self.read_back.read, self.read_back.lost
        )?;
        self.print_arrivals(&mut out)?;
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

    fn print_arrivals(&self, out: &mut impl std::io::Write) -> anyhow::Result<()> {
        let Arrived {
            orders,
            behind,
            after,
            open,
            open_before,
        } = &self.arrived;
        let until = &self.lag.until_there;
        for (who, orders, behind, after, until) in [
            (
                "restaurants",
                orders.restaurants,
                behind.restaurants,
                after.restaurants,
                &until.restaurants,
            ),
            (
                "kitchens",
                orders.kitchens,
                behind.kitchens,
                after.kitchens,
                &until.kitchens,
            ),
        ] {
            let after_ms = after.as_secs_f64() * 1e3;
            writeln!(
                out,
                "  {who:<11}  {orders:>10}   of {} promised; at the end {behind} behind, for \
                 {after_ms:.0} ms; lag p50 {:.0} ms, max {:.0} ms",
                self.promised,
                until.ms(0.5),
                until.max_ms(),
            )?;
        }
        let states = open
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(status, count)| format!("{count} {status}"));
        let states: Vec<_> = states.collect();
        writeln!(
            out,
            "  open         {:>10}   not ended when the load ended: {}; {open_before} before it",
            self.open(),
            states.join(", ")
        )?;
        if let Some(pending) = self.lag.outbox_pending_max {
            writeln!(out, "  messages     {pending:>10}   on their way at most")?;
        }
        Ok(())
    }
}

/// Where orders have to arrive: how many have, how many were on their way when the load ended and
/// for how long, and the lag while it lasted.
fn arrived(orders: u64, behind: u64, after: Duration, lag: &Latencies) -> Value {
    json!({
        "orders": orders, "behind": behind, "behindMs": after.as_secs_f64() * 1e3,
        "lagMs": lag.json(),
    })
}
