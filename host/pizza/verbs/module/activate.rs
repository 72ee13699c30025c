//! `pizza module activate` and `canary`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::{Forced, activate};
use pizza_cli::table;
use serde_json::Value;

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Activate {
    #[command(flatten)]
    target: AdminTarget,
    /// The beginning of its digest
    digest: String,
    /// Take a change that others outside may rely on; who calls it now is never broken
    #[arg(long)]
    force: bool,
    /// Take one that was withdrawn
    #[arg(long)]
    allow_withdrawn: bool,
    /// Let it serve although it cannot take over a state that was looked at
    #[arg(long)]
    force_unreadable: bool,
    /// Only on the silo of this name [default: on all]
    #[arg(long, value_name = "NAME")]
    silo: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Canary {
    #[command(flatten)]
    target: AdminTarget,
    /// The beginning of its digest
    digest: String,
    /// Of the actors of its type; more than it has now
    percent: f64,
    /// Take a change that others outside may rely on; who calls it now is never broken
    #[arg(long)]
    force: bool,
    /// Let it serve although it cannot take over a state that was looked at
    #[arg(long)]
    force_unreadable: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Activate {
    fn forced(&self) -> Forced {
        Forced {
            changes: self.force,
            unreadable: self.force_unreadable,
            withdrawn: self.allow_withdrawn,
        }
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let forced = self.forced();
        self.target.through(async |mut admin: Admin| {
            let silo = self.silo.as_deref();
            let answer = activate(&mut admin, &self.digest, None, silo, forced).await?;
            said(&answer, self.json, "it serves")
        })
    }
}

impl Canary {
    fn forced(&self) -> Forced {
        Forced {
            changes: self.force,
            unreadable: self.force_unreadable,
            withdrawn: false,
        }
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let forced = self.forced();
        self.target.through(async |mut admin: Admin| {
            let percent = Some(self.percent);
            let answer = activate(&mut admin, &self.digest, percent, None, forced).await?;
            let serves = format!("it serves {} percent of the actors", self.percent);
            said(&answer, self.json, &serves)
        })
    }
}

fn said(answer: &Value, json: bool, words: &str) -> anyhow::Result<()> {
    if json {
        return table::print_json(answer);
    }
    writeln!(std::io::stdout().lock(), "{words}")?;
    Ok(())
}
