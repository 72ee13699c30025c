//! `pizza module audit`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::short_digest;
use pizza_cli::table::{self, cell};
use serde_json::Value;

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    target: AdminTarget,
    /// Only of this actor type
    #[arg(value_name = "TYPE")]
    actor_type: Option<String>,
    /// So many lines at most
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let only = self
            .actor_type
            .map_or_else(String::new, |name| format!("&type={name}"));
        self.target.through(async |mut admin: Admin| {
            let path = format!("/module-audit?limit={}{only}", self.limit);
            let answer = admin.get(&path).await?;
            if self.json {
                return table::print_json(&answer);
            }
            let lines = answer["audit"].as_array().map_or(&[][..], Vec::as_slice);
            if lines.is_empty() {
                writeln!(std::io::stdout().lock(), "nothing was done")?;
                return Ok(());
            }
            let row = |line: &Value| {
                let digest = short_digest(&cell(&line["digest"])).to_owned();
                let [at, kind, what] = ["at", "actorType", "what"].map(|name| cell(&line[name]));
                [
                    at,
                    kind,
                    digest,
                    what,
                    cell(&line["by"]),
                    cell(&line["detail"]),
                ]
            };
            let rows: Vec<_> = lines.iter().map(row).collect();
            table::print(["AT", "TYPE", "DIGEST", "WHAT", "BY", "DETAIL"], &rows)
        })
    }
}
