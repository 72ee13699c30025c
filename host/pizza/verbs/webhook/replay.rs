//! `pizza webhook replay`

use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use pizza_cli::admin::{Admin, Refusal};
use pizza_cli::table;
use serde_json::{Value, json};

use super::letters::Letters;
use crate::admin_target::AdminTarget;

/// What a letter is answered with that stays.
const STAYS: u16 = 409;

#[derive(Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    letters: Letters,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            letters,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let (mut posted, mut failed) = (Vec::new(), Vec::new());
            for id in letters.ids(&mut admin).await? {
                let path = format!("{}/replay", letters.path(&id));
                match admin.post(&path, "").await {
                    Ok(_) => posted.push(id),
                    // One that fails must not keep the others from being tried.
                    Err(error) => match error.downcast::<Refusal>() {
                        Ok(refusal) if refusal.status == STAYS => {
                            failed.push((id, refusal.to_string()));
                        }
                        Ok(refusal) => return Err(refusal.into()),
                        Err(error) => return Err(error),
                    },
                }
            }
            print(json, &posted, &failed)?;
            match failed.len() {
                0 => Ok(()),
                failed => bail!("{failed} of the letters stay"),
            }
        })
    }
}

fn print(as_json: bool, posted: &[String], failed: &[(String, String)]) -> anyhow::Result<()> {
    if as_json {
        let failed = failed.iter();
        let failed = failed.map(|(id, error)| json!({"id": id, "error": error}));
        let failed: Vec<Value> = failed.collect();
        return table::print_json(&json!({"posted": posted, "failed": failed}));
    }
    let mut out = std::io::stdout().lock();
    for (id, error) in failed {
        writeln!(out, "{id}  {error}")?;
    }
    writeln!(out, "{} posted, {} failed", posted.len(), failed.len())?;
    Ok(())
}
