//! `pizza module activate` and `canary`

use std::io::Write as _;

use clap::Args;
use serde_json::{Value, json};

use crate::admin::{Admin, Door};
use crate::table;

#[derive(Args)]
pub(crate) struct Activate {
    #[command(flatten)]
    door: Door,
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
    door: Door,
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

/// What an operator takes with open eyes.
#[derive(Clone, Copy)]
pub(crate) struct Forced {
    /// Changes that others outside may rely on.
    pub(crate) changes: bool,
    /// States that it cannot take over.
    pub(crate) unreadable: bool,
    /// That it was withdrawn.
    pub(crate) withdrawn: bool,
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
        self.door.through(async |mut admin: Admin| {
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
        self.door.through(async |mut admin: Admin| {
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

pub(crate) async fn activate(
    admin: &mut Admin,
    digest: &str,
    percent: Option<f64>,
    silo: Option<&str>,
    forced: Forced,
) -> anyhow::Result<Value> {
    let body = json!({
        "percent": percent,
        "silo": silo,
        "force": forced.changes,
        "forceUnreadable": forced.unreadable,
        "allowWithdrawn": forced.withdrawn,
    });
    let path = format!("/modules/{digest}/activate");
    admin.post(&path, body.to_string()).await
}
