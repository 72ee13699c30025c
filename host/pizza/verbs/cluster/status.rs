//! `pizza cluster status`

use anyhow::bail;
use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell};
use serde_json::Value;

use crate::admin_target::AdminTarget;

/// Show the silos of a cluster, as the one that is asked knows them
///
///   pizza cluster status
///   pizza cluster status --admin 10.0.0.7:5002 --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Status {
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { target, json } = self;
        target.through(async |mut admin: Admin| {
            let stats = admin.get("/stats").await?;
            let cluster = &stats["cluster"];
            if json {
                return table::print_json(cluster);
            }
            print(cluster)
        })
    }
}

fn print(cluster: &Value) -> anyhow::Result<()> {
    if cluster.is_null() {
        bail!("this silo is alone on its store; it was started without --cluster-store");
    }
    let members = cluster["members"].as_array().into_iter().flatten();
    let columns = ["silo", "address", "state", "shards"];
    let rows: Vec<_> = members
        .map(|member| columns.map(|column| cell(&member[column])))
        .collect();
    table::print(columns, &rows)?;
    table::print_pairs(&[
        ("asked", cell(&cluster["silo"])),
        ("view", cell(&cluster["viewVersion"])),
        (
            "lease",
            format!("{} ms left", cell(&cluster["leaseLeftMs"])),
        ),
    ])
}
