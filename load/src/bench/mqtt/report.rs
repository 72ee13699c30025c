//! What a run found, for machines and for people.

use std::io::Write as _;
use std::time::Duration;

use pizza_cli::table;
use serde_json::{Value, json};

use crate::latency::{self, Latencies};

/// A rate is sustained while no more than a hundredth takes longer than this.
const SUSTAINED_MS: f64 = 1_000.0;

pub(super) struct Report {
    pub(super) drivers: u64,
    /// The steps of the run, one for each rate that was tried.
    pub(super) steps: Vec<Step>,
    /// The highest sustained rate in positions a second, where it was looked for.
    pub(super) highest: Option<u64>,
    pub(super) lost: u64,
}

pub(super) struct Step {
    pub(super) rate: u64,
    pub(super) took: Duration,
    /// How many positions this rate makes in this time.
    pub(super) planned: u64,
    pub(super) published: u64,
    /// Latencies from when a position was meant to be sent until the broker acknowledged it.
    pub(super) acknowledged: Latencies,
    /// How many positions the customers saw.
    pub(super) seen: u64,
    pub(super) to_customer: Latencies,
}

impl Step {
    pub(super) fn is_sustained(&self) -> bool {
        let latencies = [&self.acknowledged, &self.to_customer];
        let fast = latencies.iter().all(|all| all.ms(0.99) <= SUSTAINED_MS);
        // A position that was not published in time is a failure too: nobody kept the rate.
        fast && self.seen == self.planned && self.published == self.planned
    }

    fn json(&self) -> Value {
        json!({
            "rate": self.rate, "seconds": self.took.as_secs_f64(),
            "planned": self.planned, "published": self.published, "seen": self.seen,
            "latencyMs": {
                "publishToAcknowledged": self.acknowledged.json(),
                "publishToCustomer": self.to_customer.json(),
            },
        })
    }
}

impl Report {
    /// # Errors
    /// When a driver is not where it said last.
    pub(super) fn complain_of_loss(&self) -> anyhow::Result<()> {
        let lost = self.lost;
        anyhow::ensure!(lost == 0, "{lost} acknowledged positions never arrived");
        Ok(())
    }

    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            let steps: Vec<_> = self.steps.iter().map(Step::json).collect();
            return table::print_json(&json!({
                "drivers": self.drivers, "steps": steps,
                "highestSustained": self.highest, "lost": self.lost,
            }));
        }
        for step in &self.steps {
            table::print_pairs(&[
                ("drivers", self.drivers.to_string()),
                ("positions", format!("{} a second", step.rate)),
                (
                    "published",
                    format!("{} of {}", step.published, step.planned),
                ),
                ("seen", format!("{} by customers", step.seen)),
            ])?;
            let latencies = [
                step.acknowledged.row("to acknowledgement"),
                step.to_customer.row("to the customer"),
            ];
            table::print(latency::head("LATENCY"), &latencies)?;
            writeln!(std::io::stdout().lock())?;
        }
        let mut rows = vec![(
            "lost",
            format!("{} (every driver is where it said last)", self.lost),
        )];
        if let Some(highest) = self.highest {
            rows.push(("highest", format!("{highest} a second are sustained")));
        }
        table::print_pairs(&rows)
    }
}
