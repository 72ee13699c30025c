//! `pizza cluster drain|rebalance`: actors move, and it is shown how many are left.

use std::io::Write as _;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use pizza_cli::admin::Admin;
use serde_json::{Value, json};

use crate::admin_target::AdminTarget;

/// How often it is looked how many are left.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Args)]
struct Pace {
    /// How many actors may move in a second; each costs whoever asks for it next about a
    /// millisecond
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    per_second: u64,
    /// Begin, and do not wait for the end
    #[arg(long)]
    no_wait: bool,
}

/// Give a silo no more actors, and let those that it has move to others
///
/// Those that are at work move when they rest. The process stays, and can be stopped when it is empty;
/// SIGTERM alone does the same, faster.
///
///   pizza cluster drain one
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Drain {
    /// The silo: its id, or its name if no other one has it
    silo: String,
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    target: AdminTarget,
}

/// Let actors move to the silos that they belong to
///
/// After a silo has joined this happens by itself, at a rate that nobody feels
/// (moves_per_second of [silo.cluster]).
///
///   pizza cluster rebalance --per-second 2000
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Rebalance {
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    target: AdminTarget,
}

impl Drain {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { silo, pace, target } = self;
        target.through(async |mut admin: Admin| {
            let path = format!("/cluster/silos/{silo}/drain");
            let marked = admin.post(&path, body(&pace)).await?;
            let silo = marked["silo"].as_str().unwrap_or(&silo).to_owned();
            if pace.no_wait {
                return Ok(());
            }
            until_moved(&mut admin, |one| one["silo"] == *silo, "inMemory").await
        })
    }
}

impl Rebalance {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { pace, target } = self;
        target.through(async |mut admin: Admin| {
            let begun = admin.post("/cluster/rebalance", body(&pace)).await?;
            let silent = begun["silent"].as_array().map_or(0, Vec::len);
            if silent > 0 {
                bail!("{silent} silos do not answer: {}", begun["silent"]);
            }
            if pace.no_wait {
                return Ok(());
            }
            until_moved(&mut admin, |_| true, "misplaced").await
        })
    }
}

fn body(pace: &Pace) -> String {
    json!({ "perSecond": pace.per_second }).to_string()
}

/// Shows how many are left to move of the silos that are meant, until there are none.
async fn until_moved(
    admin: &mut Admin,
    is_meant: impl Fn(&Value) -> bool,
    left: &str,
) -> anyhow::Result<()> {
    let mut shown = None;
    loop {
        let cluster = admin.get("/cluster").await?;
        let silos = cluster["silos"].as_array().into_iter().flatten();
        let mut count = 0;
        for silo in silos.filter(|silo| is_meant(silo)) {
            match silo[left].as_u64() {
                Some(left) => count += left,
                None => bail!("{} does not answer", silo["silo"]),
            }
        }
        if shown != Some(count) {
            writeln!(std::io::stderr().lock(), "{count} actors are left to move")?;
            shown = Some(count);
        }
        if count == 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
