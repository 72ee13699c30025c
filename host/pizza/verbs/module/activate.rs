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
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Activate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.door.through(async |mut admin: Admin| {
            let silo = self.silo.as_deref();
            let body = json!({
                "silo": silo, "force": self.force, "allowWithdrawn": self.allow_withdrawn,
            });
            let path = format!("/modules/{}/activate", self.digest);
            let answer = admin.post(&path, body.to_string()).await?;
            said(&answer, self.json, "it serves")
        })
    }
}

impl Canary {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.door.through(async |mut admin: Admin| {
            let percent = Some(self.percent);
            let answer = activate(&mut admin, &self.digest, percent, None, self.force).await?;
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
    force: bool,
) -> anyhow::Result<Value> {
    let body = json!({"percent": percent, "silo": silo, "force": force});
    let path = format!("/modules/{digest}/activate");
    admin.post(&path, body.to_string()).await
}
