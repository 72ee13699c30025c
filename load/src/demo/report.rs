//! What a scene has come to, for people and for programs.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use anyhow::bail;
use pizza_cli::table;
use serde_json::{Value, json};

use crate::latency::{self, Latencies};

/// Of more cases than this of one kind, only the number is told.
const SHOWN_MAX: usize = 5;
/// A driver who is seen at so many locations has moved.
const MOVES: usize = 2;

/// All that is told of a scene in the end.
pub(crate) struct Report {
    pub(super) took: Duration,
    pub(super) acknowledged: usize,
    /// Orders that were not taken, and why.
    pub(super) refused: Vec<String>,
    pub(super) by_state: BTreeMap<String, usize>,
    pub(super) lost: Vec<String>,
    pub(super) creation: Latencies,
    pub(super) to_ready: Latencies,
    pub(super) to_delivered: Latencies,
    pub(super) stock_lines: usize,
    pub(super) stock_errors: Vec<String>,
    pub(super) drivers: u64,
    /// How many positions the drivers have reported.
    pub(super) positions: u64,
    /// What the customer saw of the driver; only the scene with one customer has it.
    pub(crate) seen: Option<Seen>,
    /// Requests that were sent more than once.
    pub(super) repeats: u64,
}

/// What a customer saw of the driver, who told it over MQTT.
pub(crate) struct Seen {
    pub(crate) positions: usize,
}

impl Report {
    pub(crate) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            return table::print_json(&self.json());
        }
        let mut rows = vec![
            ("took", format!("{:.1} s", self.took.as_secs_f64())),
            ("orders", format!("{} acknowledged", self.acknowledged)),
        ];
        let states = self.by_state.iter();
        rows.extend(states.map(|(state, count)| ("", format!("{count} {state}"))));
        rows.extend([
            ("drivers", self.drivers.to_string()),
            ("positions", self.positions()),
            ("repeated", format!("{} requests", self.repeats)),
            ("not taken", self.refused.len().to_string()),
            (
                "lost",
                format!("{} (each was read back, and has ended)", self.lost.len()),
            ),
            ("stock", self.stock()),
        ]);
        table::print_pairs(&rows)?;
        let latencies = [
            self.creation.row("creation"),
            self.to_ready.row("created to ready"),
            self.to_delivered.row("created to delivered"),
        ];
        writeln!(std::io::stdout().lock())?;
        table::print(latency::head("LATENCY"), &latencies)
    }

    fn stock(&self) -> String {
        let lines = self.stock_lines;
        match self.stock_errors.len() {
            0 => format!("conserved (each of {lines} lines adds up to what was ordered)"),
            errors => format!("not conserved: {errors} of {lines} lines"),
        }
    }

    fn positions(&self) -> String {
        match &self.seen {
            None => self.positions.to_string(),
            Some(seen) => format!(
                "{} over MQTT; the customer saw the driver move, in {} steps",
                self.positions, seen.positions
            ),
        }
    }

    fn json(&self) -> Value {
        json!({
            "seconds": self.took.as_secs_f64(),
            "orders": {"acknowledged": self.acknowledged, "byState": self.by_state},
            "refused": self.refused.len(),
            "lost": self.lost.len(),
            "stock": {"conserved": self.stock_errors.is_empty(), "lines": self.stock_lines},
            "drivers": self.drivers,
            "positions": self.positions,
            "positionsSeen": self.seen.as_ref().map(|seen| seen.positions),
            "repeated": self.repeats,
            "latencyMs": {
                "creation": self.creation.json(),
                "createdToReady": self.to_ready.json(),
                "createdToDelivered": self.to_delivered.json(),
            },
        })
    }

    /// # Errors
    /// When the pizzeria did not keep what it promised.
    pub(crate) fn verdict(&self) -> anyhow::Result<()> {
        let mut broken = Vec::new();
        for (what, cases) in [
            ("orders are lost", &self.lost),
            ("orders were not taken", &self.refused),
            ("lines of stock do not add up", &self.stock_errors),
        ] {
            if !cases.is_empty() {
                let shown = cases.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>();
                broken.push(format!("{} {what}:\n  {}", cases.len(), shown.join("\n  ")));
            }
        }
        if self
            .seen
            .as_ref()
            .is_some_and(|seen| seen.positions < MOVES)
        {
            broken.push("the customer did not see the driver move".to_owned());
        }
        if !broken.is_empty() {
            bail!("{}", broken.join("\n"));
        }
        Ok(())
    }
}
