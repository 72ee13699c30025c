//! Telling the other gateways, by way of one silo that all of them ask.

use std::time::Duration;

use super::Remote;
use super::exchange::ExchangeError;
use crate::client_use::{OthersUse, UseReport};
use crate::wire::{Answer, Question};

/// A report that is not answered within this is given up: the next one is due.
const ANSWER_WAIT: Duration = Duration::from_secs(1);

/// Why nothing is known of the others.
#[derive(Debug, thiserror::Error)]
#[error("the silo that knows what other gateways let in does not answer: {detail}")]
pub struct NotShared {
    /// What was to be told, if it has certainly not arrived.
    pub report: Option<UseReport>,
    pub detail: String,
}

impl Remote {
    /// Tells what this gateway's clients used, and hears what those of others did. It is for the first
    /// of the silos, which all gateways agree on as soon as they have heard of the same ones; no other
    /// one is tried, for each silo knows only what it was told itself.
    ///
    /// # Errors
    /// When that silo does not answer within a second, or does not understand the question.
    pub async fn share_use(&self, report: UseReport) -> Result<OthersUse, NotShared> {
        let question = Question::ShareUse(report);
        let address = self.silos.first();
        let asked = self.asker.ask(&address, &question, ANSWER_WAIT).await;
        let (has_arrived, detail) = match asked {
            Ok(Ok(Answer::OthersUse(others))) => return Ok(others),
            Ok(Ok(answer)) => (true, format!("it answers something else: {answer:?}")),
            Ok(Err(error)) => (true, error.to_string()),
            Err(error) => {
                let has_arrived = matches!(error, ExchangeError::Unclear(_));
                (has_arrived, error.detail())
            }
        };
        let report = match question {
            Question::ShareUse(report) if !has_arrived => Some(report),
            _ => None,
        };
        Err(NotShared { report, detail })
    }
}
