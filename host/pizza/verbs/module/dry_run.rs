//! `pizza module dry-run`

use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell};

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct DryRun {
    #[command(flatten)]
    target: AdminTarget,
    /// The beginning of its digest
    digest: String,
    /// Look at so many states only
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl DryRun {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let limit = self
            .limit
            .map_or_else(String::new, |limit| format!("?limit={limit}"));
        self.target.through(async |mut admin: Admin| {
            let path = format!("/modules/{}/dry-run{limit}", self.digest);
            let answer = admin.post(&path, "").await?;
            if self.json {
                table::print_json(&answer)?;
            } else {
                let mut out = std::io::stdout().lock();
                let [actors, migrated, failed] =
                    ["actors", "migrated", "failed"].map(|name| cell(&answer[name]));
                writeln!(out, "{actors} states: {migrated} migrated, {failed} fail")?;
                let by = answer["readBy"].as_array().into_iter().flatten().map(cell);
                let by: Vec<String> = by.collect();
                let by = if by.is_empty() {
                    "nothing".to_owned()
                } else {
                    by.join(", ")
                };
                writeln!(out, "{} were read, by {by}", cell(&answer["read"]))?;
                for failing in answer["failing"].as_array().into_iter().flatten() {
                    let [actor, schema, why] =
                        ["actor", "schema", "why"].map(|name| cell(&failing[name]));
                    writeln!(out, "  {actor} (layout {schema}): {why}")?;
                }
            }
            // A script is to see by the exit code that a state would be lost.
            match answer["failed"].as_u64() {
                Some(0) => Ok(()),
                failed => bail!("{} states cannot be taken over", failed.unwrap_or_default()),
            }
        })
    }
}
