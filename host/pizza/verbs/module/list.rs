//! `pizza module list`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::short_digest;
use pizza_cli::table::{self, cell};
use serde_json::Value;

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: AdminTarget,
    /// Only modules of this actor type
    #[arg(value_name = "TYPE")]
    actor_type: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let only = self
            .actor_type
            .map_or_else(String::new, |name| format!("&type={name}"));
        self.target.through(async |mut admin: Admin| {
            let list = admin.get(&format!("/modules?limit=1000{only}")).await?;
            if self.json {
                return table::print_json(&list);
            }
            print(&list)
        })
    }
}

fn print(list: &Value) -> anyhow::Result<()> {
    let modules = list["modules"].as_array().map_or(&[][..], Vec::as_slice);
    if modules.is_empty() {
        writeln!(std::io::stdout().lock(), "no modules")?;
        return Ok(());
    }
    let row = |module: &Value| {
        let digest = short_digest(&cell(&module["digest"])).to_owned();
        let serves = match module["percent"].as_f64() {
            Some(percent) => format!("{percent} %"),
            None => String::new(),
        };
        let [kind, at, schema] = ["actorType", "at", "schema"].map(|name| cell(&module[name]));
        let [turns, failed, p99] = ["turns", "failed", "p99Us"].map(|name| cell(&module[name]));
        let signed = cell(&module["signedBy"]);
        [kind, digest, serves, schema, turns, failed, p99, signed, at]
    };
    let rows: Vec<_> = modules.iter().map(row).collect();
    let titles = [
        "TYPE",
        "DIGEST",
        "SERVES",
        "SCHEMA",
        "TURNS",
        "FAILED",
        "P99 US",
        "SIGNED BY",
        "AT",
    ];
    table::print(titles, &rows)
}
