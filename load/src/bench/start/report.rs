//! How starts went, for machines and for people.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

pub(super) struct Report {
    pub(super) actor_type: String,
    /// How many were on disk before the first kill, and with what was created under load in the end.
    pub(super) actors: u64,
    pub(super) on_disk: u64,
    /// Starts after a stop, and after a kill.
    pub(super) stopped: Vec<Start>,
    pub(super) killed: Vec<Start>,
    /// Actors that were not there after a start.
    pub(super) lost: u64,
}

pub(super) struct Start {
    /// Until the first answer that it is ready.
    pub(super) took: Duration,
    /// Bytes of memory when it had nothing to do; absent where it always had.
    pub(super) resident_idle: Option<u64>,
    /// What was acknowledged under the load in which it was killed.
    pub(super) acknowledged: u64,
}

impl Report {
    /// # Errors
    /// When something was lost.
    pub(super) fn complain(&self) -> anyhow::Result<()> {
        let lost = self.lost;
        anyhow::ensure!(lost == 0, "{lost} actors were not there after a start");
        Ok(())
    }

    fn json(&self) -> Value {
        json!({
            "type": self.actor_type, "actors": self.actors, "actorsInTheEnd": self.on_disk,
            "afterStop": starts_json(&self.stopped), "afterKill": starts_json(&self.killed),
            "acknowledgedBeforeKill":
                self.killed.iter().map(|start| start.acknowledged).collect::<Vec<_>>(),
            "lost": self.lost,
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
        let (actor_type, actors, on_disk) = (&self.actor_type, self.actors, self.on_disk);
        writeln!(
            out,
            "{actor_type}: {actors} actors on disk, {on_disk} in the end"
        )?;
        for (name, starts) in [
            ("after a stop", &self.stopped),
            ("after a kill", &self.killed),
        ] {
            let each = told(took_ms(starts), |ms| format!("{ms:.0}"));
            writeln!(
                out,
                "  {name}   {:>8.0} ms to the first answer: {each}",
                median(took_ms(starts)).unwrap_or_default()
            )?;
            let idle = resident(starts);
            let each = told(idle.clone(), |bytes| format!("{:.0}", mib(bytes)));
            match median(idle) {
                Some(bytes) => writeln!(
                    out,
                    "    when idle    {:>8.0} MiB resident: {each}",
                    mib(bytes)
                )?,
                None => writeln!(out, "    it was never idle")?,
            }
        }
        let acknowledged = self.killed.iter().map(|start| start.acknowledged);
        writeln!(
            out,
            "  acknowledged   {:>8}   before the kills, lost {}",
            acknowledged.sum::<u64>(),
            self.lost
        )?;
        Ok(())
    }
}

fn took_ms(starts: &[Start]) -> Vec<f64> {
    let all = starts.iter().map(|start| start.took.as_secs_f64() * 1e3);
    all.collect()
}

fn resident(starts: &[Start]) -> Vec<f64> {
    let all = starts.iter().filter_map(|start| start.resident_idle);
    all.map(|bytes| bytes as f64).collect()
}

fn mib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

fn told(values: Vec<f64>, tell: impl Fn(f64) -> String) -> String {
    let all: Vec<_> = values.into_iter().map(tell).collect();
    all.join(", ")
}

/// The one in the middle; of an even number, between the two there.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some(f64::midpoint(values[low], values[high]))
}

fn starts_json(starts: &[Start]) -> Value {
    json!({
        "readyMs": took_ms(starts), "readyMsMedian": median(took_ms(starts)),
        "residentIdle": resident(starts), "residentIdleMedian": median(resident(starts)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![7.0]), Some(7.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0, 4.0]), Some(3.0));
    }
}
