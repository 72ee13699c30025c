//! What the verbs of `pizza simulate` have in common.

use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::stop_after::StopAfter;
use crate::retrying_client::RetryingClient;
use crate::target::Target;

/// How often the line is drawn again.
const SHOWN_EVERY: Duration = Duration::from_millis(250);

/// Where, for how long, and how to tell of it.
#[derive(Args)]
pub(super) struct Common {
    #[command(flatten)]
    target: Target,
    /// For whom they work, or where they order; it is set up if it is not there
    #[arg(long, default_value = "napoli", value_name = "ID")]
    pub(super) restaurant: String,
    /// Whose streets they live in: demo is the only one
    #[arg(long, default_value = "demo", value_name = "NAME")]
    pub(super) city: String,
    /// The same number gives the same chances again
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) seed: u64,
    #[command(flatten)]
    pub(super) stop_after: StopAfter,
    /// Give up when nothing answers for this long
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,
    /// Print JSON in the end
    #[arg(long)]
    pub(super) json: bool,
}

impl Common {
    pub(super) fn client(&self) -> RetryingClient {
        RetryingClient::new(self.target.clone(), Duration::from_secs(self.patience))
    }
}

/// A line that tells how things stand, for as long as it is kept.
pub(super) fn live(told: impl Fn() -> String + Send + 'static) -> ProgressBar {
    let line = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed}  {msg}") {
        line.set_style(style);
    }
    let shown = line.clone();
    tokio::spawn(async move {
        while !shown.is_finished() {
            shown.set_message(told());
            shown.tick();
            tokio::time::sleep(SHOWN_EVERY).await;
        }
    });
    line
}
