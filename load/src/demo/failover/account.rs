//! What all kills have come to, and whether what was promised held.

use std::io::Write as _;
use std::time::Duration;

use anyhow::bail;
use hyper::StatusCode;
use pizza_cli::table;
use serde_json::{Value, json};

use super::super::customers::Acknowledged;
use super::kill::{Kill, seconds};
use crate::retrying_client::RetryingClient;

/// Of more orders than this only the number is told.
const SHOWN_MAX: usize = 5;

pub(super) struct Account {
    /// How long an order may be away.
    promised: Duration,
    pub(super) kills: Vec<Kill>,
    acknowledged: usize,
    refused: Vec<String>,
    lost: Vec<String>,
}

impl Account {
    pub(super) fn new(promised: Duration) -> Self {
        Self {
            promised,
            kills: Vec::new(),
            acknowledged: 0,
            refused: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Reads each order that was acknowledged.
    ///
    /// # Errors
    /// When nobody answers.
    pub(super) async fn read_back(
        &mut self,
        client: &RetryingClient,
        placed: Vec<Acknowledged>,
        refused: Vec<String>,
    ) -> anyhow::Result<()> {
        self.acknowledged = placed.len();
        self.refused = refused;
        let mut client = client.another();
        for order in placed {
            let found = client.get(&format!("/api/orders/{}", order.id)).await?;
            if found.status != StatusCode::OK {
                self.lost.push(format!("{}: {}", order.id, found.status));
            }
        }
        Ok(())
    }

    fn longest(&self) -> Duration {
        let longest = self.kills.iter().map(|kill| kill.within(100));
        longest.max().unwrap_or_default()
    }

    fn json(&self) -> Value {
        json!({
            "kills": self.kills.iter().map(Kill::json).collect::<Vec<_>>(),
            "acknowledged": self.acknowledged,
            "refused": self.refused.len(),
            "lost": self.lost.len(),
            "promisedMs": self.promised.as_secs_f64() * 1e3,
            "kept": self.verdict().is_ok(),
        })
    }

    /// # Errors
    /// When the output is closed.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            return table::print_json(&self.json());
        }
        writeln!(std::io::stdout().lock(), "\nall in all")?;
        let longest = seconds(self.longest());
        table::print_pairs(&[
            ("kills", self.kills.len().to_string()),
            ("orders", format!("{} acknowledged", self.acknowledged)),
            ("not taken", self.refused.len().to_string()),
            (
                "lost",
                format!("{} (each was read in the end)", self.lost.len()),
            ),
            (
                "away",
                format!("{longest} at most; promised are {}", seconds(self.promised)),
            ),
        ])
    }

    /// # Errors
    /// When what was promised did not hold.
    pub(super) fn verdict(&self) -> anyhow::Result<()> {
        let mut broken = Vec::new();
        for (what, cases) in [
            ("orders are lost", &self.lost),
            ("orders were not taken", &self.refused),
        ] {
            if !cases.is_empty() {
                let shown = cases.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>();
                broken.push(format!("{} {what}:\n  {}", cases.len(), shown.join("\n  ")));
            }
        }
        let longest = self.longest();
        if longest > self.promised {
            let (longest, promised) = (seconds(longest), seconds(self.promised));
            broken.push(format!(
                "an order was away for {longest}; promised are {promised}"
            ));
        }
        if !broken.is_empty() {
            bail!("{}", broken.join("\n"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_or_not_taken_breaks_the_promise() {
        let mut account = Account::new(Duration::from_secs(5));
        assert!(account.verdict().is_ok());
        account.lost.push("order-1: 404".to_owned());
        let told = account.verdict().expect_err("one is lost").to_string();
        assert!(
            told.contains("1 orders are lost") && told.contains("order-1"),
            "{told}"
        );
        account.lost.clear();
        account.refused.push("409".to_owned());
        assert!(account.verdict().is_err());
    }
}
