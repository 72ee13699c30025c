//! `pizza dlq list`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell, short};
use serde_json::Value;

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: AdminTarget,
    /// Only letters with a number above this one
    #[arg(long, default_value_t = 0, value_name = "ID")]
    after: u64,
    /// So many at most
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100))]
    limit: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            target,
            after,
            limit,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let path = format!("/dead-letters?after={after}&limit={limit}");
            let page = admin.get(&path).await?;
            if json {
                return table::print_json(&page);
            }
            print(&page)
        })
    }
}

fn print(page: &Value) -> anyhow::Result<()> {
    let letters = page["deadLetters"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if letters.is_empty() {
        writeln!(std::io::stdout().lock(), "no dead letters")?;
        return Ok(());
    }
    let row = |letter: &Value| {
        let cells = ["id", "at", "actor", "what", "attempts"].map(|name| cell(&letter[name]));
        let [id, at, actor, what, attempts] = cells;
        // All of it: it is what somebody has to mend, and the last column may be as long as it is.
        let error = short(&cell(&letter["error"]), usize::MAX);
        [id, at, actor, what, attempts, error]
    };
    let rows: Vec<_> = letters.iter().map(row).collect();
    table::print(["ID", "AT", "ACTOR", "MESSAGE", "TRIES", "ERROR"], &rows)?;
    if let Some(next) = page["next"].as_u64() {
        writeln!(
            std::io::stdout().lock(),
            "there may be more: --after {next}"
        )?;
    }
    Ok(())
}
