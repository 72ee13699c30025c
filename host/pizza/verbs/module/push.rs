//! `pizza module push`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::{self, Forced, short_digest};
use pizza_cli::table::{self, cell};
use serde_json::Value;

use crate::admin_target::AdminTarget;
use crate::verbs::signature;

#[derive(Args)]
pub(crate) struct Push {
    #[command(flatten)]
    target: AdminTarget,
    /// The component
    file: PathBuf,
    /// The actor type that it is for; one that there is not yet is made
    #[arg(long = "type", value_name = "TYPE")]
    actor_type: String,
    /// Let it serve at once
    #[arg(long)]
    activate: bool,
    /// Let it serve this percentage of the actors
    #[arg(long, value_name = "PERCENT", conflicts_with = "activate")]
    canary: Option<f64>,
    /// Take a change that others outside may rely on
    #[arg(long)]
    force: bool,
    /// Let it serve although it cannot take over a state that was looked at
    #[arg(long)]
    force_unreadable: bool,
    /// What `pizza module sign` wrote [default: FILE.sig, where there is one]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Push {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            target,
            file,
            actor_type,
            activate,
            canary,
            force,
            force_unreadable,
            signature,
            json,
        } = self;
        // The files are read first: what cannot be read need not bother the silo.
        let wasm = modules::read(&file)?;
        let signature = signature::read(&file, signature)?;
        target.through(async |mut admin: Admin| {
            let mut on_stage = |stage: &str, took_ms: f64| {
                if !json {
                    show_stage(stage, took_ms);
                }
            };
            let pushed = modules::push(&mut admin, &actor_type, wasm, signature, &mut on_stage);
            let pushed = pushed.await.map_err(|error| named(&error, &file))?;
            let digest = cell(&pushed["module"]["digest"]);
            if !json {
                tell(&pushed)?;
            }
            if activate || canary.is_some() {
                let forced = Forced {
                    changes: force,
                    unreadable: force_unreadable,
                    withdrawn: false,
                };
                modules::activate(&mut admin, &digest, canary, None, forced).await?;
            }
            if json {
                return table::print_json(&pushed);
            }
            let state = match (activate, canary) {
                (true, _) => "and serves".to_owned(),
                (false, Some(percent)) => format!("and serves {percent} percent of the actors"),
                (false, None) => {
                    format!(
                        "to let it serve: pizza module activate {}",
                        short_digest(&digest)
                    )
                }
            };
            writeln!(std::io::stdout().lock(), "{digest} is kept; {state}")?;
            Ok(())
        })
    }
}

/// A refusal that names the file, which the silo does not know.
fn named(error: &anyhow::Error, file: &Path) -> anyhow::Error {
    let told = format!("{error:#}");
    anyhow::Error::msg(told.replace("FILE", &file.display().to_string()))
}

#[expect(
    clippy::print_stderr,
    reason = "progress, beside the answer on the output"
)]
fn show_stage(stage: &str, took_ms: f64) {
    eprintln!("  {stage:<8} {took_ms:>9.1} ms");
}

fn tell(pushed: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for change in pushed["changes"].as_array().into_iter().flatten() {
        let mark = if change["warning"] == true { "!" } else { " " };
        let (place, what) = (cell(&change["place"]), cell(&change["what"]));
        writeln!(out, "{mark} {place}: {what}")?;
    }
    for caller in pushed["breaks"].as_array().into_iter().flatten() {
        writeln!(out, "! it cannot serve now: {}", cell(caller))?;
    }
    Ok(())
}
