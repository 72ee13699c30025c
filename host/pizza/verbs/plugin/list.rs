//! `pizza plugin list`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell, short};
use serde_json::Value;

use crate::admin_target::AdminTarget;

/// How much of a digest is shown: twelve digits, and a mark that there are more.
const DIGEST_CHARACTERS: usize = 13;
/// How much of a failure is shown on its line.
const TEXT_CHARACTERS_MAX: usize = 100;

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { target, json } = self;
        target.through(async |mut admin: Admin| {
            let list = admin.get("/plugins").await?;
            if json {
                return table::print_json(&list);
            }
            print(&list)
        })
    }
}

fn print(list: &Value) -> anyhow::Result<()> {
    let plugins = list["plugins"].as_array().map_or(&[][..], Vec::as_slice);
    if plugins.is_empty() {
        writeln!(std::io::stdout().lock(), "no plugins")?;
        return Ok(());
    }
    let row = |bound: &Value| {
        let cells = ["actor", "boundAt", "asked", "failed"].map(|name| cell(&bound[name]));
        let [actor, at, asked, failed] = cells;
        let digest = short(&cell(&bound["digest"]), DIGEST_CHARACTERS);
        let said = match &bound["unusable"] {
            Value::Null => cell(&bound["lastFailure"]),
            why => format!("unusable: {}", cell(why)),
        };
        let said = short(&said, TEXT_CHARACTERS_MAX);
        [actor, digest, at, asked, failed, said]
    };
    let rows: Vec<_> = plugins.iter().map(row).collect();
    let head = [
        "ACTOR",
        "PLUGIN",
        "SINCE",
        "ASKED",
        "FAILED",
        "LAST FAILURE",
    ];
    table::print(head, &rows)
}
