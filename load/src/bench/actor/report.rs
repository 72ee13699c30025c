//! What was found of actors, for machines and for people.

use std::io::Write as _;

use serde_json::{Value, json};

use super::super::actor_load::{Load, Measured};
use super::phase::Phase;

pub(super) struct Report {
    pub(super) actor_type: String,
    pub(super) load: Load,
    pub(super) compared: Vec<Compared>,
    pub(super) created: u64,
    /// Of those, the ones that could not be read back.
    pub(super) lost: u64,
}

/// A phase, and the same on a bare server.
pub(super) struct Compared {
    pub(super) phase: Phase,
    pub(super) ours: Measured,
    pub(super) bare: Option<Measured>,
}

impl Report {
    /// # Errors
    /// When an actor cannot be read back, or requests failed.
    pub(super) fn complain(&self) -> anyhow::Result<()> {
        let (lost, created) = (self.lost, self.created);
        anyhow::ensure!(lost == 0, "{lost} of {created} actors cannot be read back");
        for Compared { phase, ours, bare } in &self.compared {
            let failed = ours.failed + bare.as_ref().map_or(0, |bare| bare.failed);
            let name = phase.name();
            anyhow::ensure!(failed == 0, "{name}: {failed} requests failed");
        }
        Ok(())
    }

    fn rate(&self, measured: &Measured) -> f64 {
        measured.latencies.count() as f64 / self.load.took.as_secs_f64()
    }

    /// How much of the bare server's rate is reached.
    fn share(&self, compared: &Compared) -> Option<f64> {
        let bare = self.rate(compared.bare.as_ref()?);
        Some(self.rate(&compared.ours) / bare.max(1.0))
    }

    fn json(&self) -> Value {
        let phase = |compared: &Compared| {
            let mut phase = self.measured_json(&compared.ours);
            phase["name"] = compared.phase.name().into();
            if let Some(bare) = &compared.bare {
                phase["axum"] = self.measured_json(bare);
                phase["shareOfAxum"] = self.share(compared).into();
            }
            phase
        };
        json!({
            "type": self.actor_type, "connections": self.load.connections,
            "seconds": self.load.took.as_secs_f64(),
            "created": self.created, "lost": self.lost,
            "phases": self.compared.iter().map(phase).collect::<Vec<_>>(),
        })
    }

    fn measured_json(&self, measured: &Measured) -> Value {
        let cpu = measured.cpu_us();
        json!({
            "perSecond": self.rate(measured), "latencyMs": measured.latencies.json(),
            "refused": measured.refused, "failed": measured.failed,
            "serverCpuUs": cpu.map(|(server, _)| server),
            "generatorCpuUs": cpu.map(|(_, generator)| generator),
        })
    }

    /// # Errors
    /// When the output is closed.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if as_json {
            writeln!(out, "{}", self.json())?;
            return Ok(());
        }
        writeln!(
            out,
            "{}, {} connections, {:.0} s a phase; {} created, {} lost",
            self.actor_type,
            self.load.connections,
            self.load.took.as_secs_f64(),
            self.created,
            self.lost
        )?;
        writeln!(
            out,
            "  {:<14}{:>10}{:>12}{:>12}{:>12}{:>8}{:>8}  CPU of each: server, generator",
            "", "a second", "p50", "p99", "max", "refused", "failed"
        )?;
        for compared in &self.compared {
            self.line(&mut out, compared.phase.name(), &compared.ours)?;
            if let (Some(bare), Some(share)) = (&compared.bare, self.share(compared)) {
                self.line(&mut out, "  bare axum", bare)?;
                writeln!(out, "  {:<14}{share:>10.2} of the bare axum", "")?;
            }
        }
        Ok(())
    }

    fn line(
        &self,
        out: &mut impl std::io::Write,
        name: &str,
        measured: &Measured,
    ) -> anyhow::Result<()> {
        let latencies = &measured.latencies;
        write!(
            out,
            "  {name:<14}{:>10.0}{:>9.2} ms{:>9.2} ms{:>9.2} ms{:>8}{:>8}",
            self.rate(measured),
            latencies.ms(0.5),
            latencies.ms(0.99),
            latencies.max_ms(),
            measured.refused,
            measured.failed
        )?;
        if let Some((server, generator)) = measured.cpu_us() {
            write!(out, "  {server:.1} µs, {generator:.1} µs")?;
        }
        writeln!(out)?;
        Ok(())
    }
}
