//! `pizza cluster status`

use std::io::Write as _;

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
                let mut told = cluster.clone();
                if let Some(told) = told.as_object_mut() {
                    told.insert("cell".to_owned(), stats["cell"].clone());
                    told.insert("cells".to_owned(), stats["cells"].clone());
                }
                return table::print_json(&told);
            }
            print(cluster)?;
            print_cells(&stats)
        })
    }
}

fn print(cluster: &Value) -> anyhow::Result<()> {
    if cluster.is_null() {
        bail!("this silo is alone on its store; it was started without --cluster-store");
    }
    let members = cluster["members"].as_array().into_iter().flatten();
    let columns = ["silo", "address", "state", "shards", "labels"];
    let rows: Vec<_> = members
        .map(|member| columns.map(|column| list(&member[column])))
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

/// A cell of a table, in which a list is what it has with commas between.
fn list(value: &Value) -> String {
    match value.as_array() {
        Some(values) => values.iter().map(cell).collect::<Vec<_>>().join(","),
        None => cell(value),
    }
}

/// The other cells, where there are any.
fn print_cells(stats: &Value) -> anyhow::Result<()> {
    let cells: Vec<_> = stats["cells"].as_array().into_iter().flatten().collect();
    if cells.is_empty() {
        return Ok(());
    }
    let mine = cell(&stats["cell"]);
    writeln!(
        std::io::stdout().lock(),
        "\ncell {mine} is one of several; the others:"
    )?;
    let columns = ["cell", "state", "roundTripMs", "parked", "parkedMax"];
    let rows: Vec<_> = cells
        .iter()
        .map(|other| columns.map(|column| cell(&other[column])))
        .collect();
    table::print(
        ["cell", "state", "round trip (ms)", "parked", "at most"],
        &rows,
    )
}
