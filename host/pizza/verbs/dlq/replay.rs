//! `pizza dlq replay`

use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use pizza_cli::admin::{Admin, Refusal};
use pizza_cli::table;
use serde_json::{Value, json};

use super::chosen::{Chosen, progress};
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Default)]
struct Outcome {
    handled: Vec<Value>,
    /// The number and the error of each letter that failed.
    failed: Vec<(u64, String)>,
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            chosen,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let ids = chosen.ids(&mut admin).await?;
            let bar = progress("replaying", ids.len())?;
            let mut outcome = Outcome::default();
            for id in ids {
                outcome.replay(&mut admin, id).await?;
                bar.inc(1);
            }
            bar.finish_and_clear();
            outcome.print(json)?;
            match outcome.failed.len() {
                0 => Ok(()),
                failed => bail!("{failed} of the letters stay"),
            }
        })
    }
}

impl Outcome {
    /// Replays a letter. One that fails must not keep the others from being tried.
    async fn replay(&mut self, admin: &mut Admin, id: u64) -> anyhow::Result<()> {
        let path = format!("/dead-letters/{id}/replay");
        match admin.post(&path, "").await {
            Ok(answer) => self.handled.push(answer),
            Err(error) => match error.downcast::<Refusal>() {
                Ok(refusal) if refusal.status != 401 => {
                    self.failed.push((id, refusal.to_string()));
                }
                // A token that is not taken would fail with each of the others too.
                Ok(refusal) => return Err(refusal.into()),
                Err(error) => return Err(error),
            },
        }
        Ok(())
    }

    fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            let failed = self.failed.iter();
            let failed = failed.map(|(id, error)| json!({"id": id, "error": error}));
            let failed: Vec<Value> = failed.collect();
            return table::print_json(&json!({"handled": self.handled, "failed": failed}));
        }
        let mut out = std::io::stdout().lock();
        for answer in &self.handled {
            let word = match answer["declined"].as_bool() {
                Some(true) => "declined by its actor, which settles it",
                _ => "handled",
            };
            writeln!(out, "{}  {word}: {}", answer["id"], answer["reply"])?;
        }
        for (id, error) in &self.failed {
            writeln!(out, "{id}  {error}")?;
        }
        let (handled, failed) = (self.handled.len(), self.failed.len());
        writeln!(out, "{handled} handled, {failed} failed")?;
        Ok(())
    }
}
