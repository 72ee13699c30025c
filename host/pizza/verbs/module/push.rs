//! `pizza module push`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use hyper::header::HeaderValue;
use serde_json::{Value, json};

use super::activate::Forced;
use crate::admin::{Admin, Door};
use crate::table::{self, cell};

#[derive(Args)]
pub(crate) struct Push {
    #[command(flatten)]
    door: Door,
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
            door,
            file,
            actor_type,
            activate,
            canary,
            force,
            force_unreadable,
            signature,
            json,
        } = self;
        let wasm = read(&file)?;
        let signature = signature_of(&file, signature)?;
        door.through(async |mut admin: Admin| {
            let pushed = push(&mut admin, &actor_type, wasm, signature, !json).await?;
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
                super::activate::activate(&mut admin, &digest, canary, None, forced).await?;
            }
            if json {
                return table::print_json(&pushed);
            }
            let state = match (activate, canary) {
                (true, _) => "and serves".to_owned(),
                (false, Some(percent)) => format!("and serves {percent} percent of the actors"),
                (false, None) => {
                    format!("to let it serve: pizza module activate {}", short(&digest))
                }
            };
            writeln!(std::io::stdout().lock(), "{digest} is kept; {state}")?;
            Ok(())
        })
    }
}

/// Enough of a digest for a person.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

pub(crate) fn read(file: &Path) -> anyhow::Result<Bytes> {
    let wasm = std::fs::read(file);
    Ok(wasm
        .with_context(|| format!("reading {}", file.display()))?
        .into())
}

/// The signature beside the file, or the one that was named.
pub(crate) fn signature_of(
    file: &Path,
    named: Option<PathBuf>,
) -> anyhow::Result<Option<HeaderValue>> {
    let beside = super::sign::beside(file);
    let path = match named {
        Some(path) => path,
        None if beside.exists() => beside,
        None => return Ok(None),
    };
    let text = std::fs::read_to_string(&path);
    let text = text.with_context(|| format!("reading {}", path.display()))?;
    let value: Value = serde_json::from_str(&text)
        .with_context(|| format!("{} is no signature", path.display()))?;
    Ok(Some(HeaderValue::try_from(value.to_string())?))
}

/// The silo's last word, with each stage shown as it is done.
pub(crate) async fn push(
    admin: &mut Admin,
    actor_type: &str,
    wasm: Bytes,
    signature: Option<HeaderValue>,
    show: bool,
) -> anyhow::Result<Value> {
    let path = format!("/modules?type={actor_type}");
    let mut steps = Vec::new();
    let mut last = Value::Null;
    let mut line = |line: Value| {
        if line["tookUs"].is_u64() {
            if show {
                let took_ms = line["tookUs"].as_u64().unwrap_or_default() as f64 / 1_000.0;
                eprintln_step(&cell(&line["stage"]), took_ms);
            }
            steps.push(line);
        } else {
            last = line;
        }
    };
    admin
        .lines(&path, wasm, signature.as_ref(), &mut line)
        .await?;
    if last["refused"].is_string() {
        bail!(
            "refused at {}: {}",
            cell(&last["stage"]),
            cell(&last["refused"])
        );
    }
    if last["module"].is_null() {
        bail!("the silo ended before the module was kept");
    }
    last["steps"] = json!(steps);
    Ok(last)
}

#[allow(clippy::print_stderr)]
fn eprintln_step(stage: &str, took_ms: f64) {
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
