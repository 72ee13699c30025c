//! `pizza actor list`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table;

use super::named::part_of_id;
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct List {
    /// The actor type
    #[arg(value_name = "TYPE", value_parser = part_of_id)]
    actor_type: String,
    #[command(flatten)]
    target: AdminTarget,
    /// Only keys that have this in them
    #[arg(long, value_name = "TEXT", value_parser = part_of_id)]
    containing: Option<String>,
    /// Only keys behind this one, in the store's order
    #[arg(long, value_name = "KEY", value_parser = part_of_id)]
    after: Option<String>,
    /// So many at most
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    limit: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            actor_type,
            target,
            containing,
            after,
            limit,
            json,
        } = self;
        let mut path = format!("/actor-keys/{actor_type}?limit={limit}");
        for (name, value) in [("q", containing), ("after", after)] {
            if let Some(value) = value {
                // What is allowed in a key needs no escapes.
                path = format!("{path}&{name}={value}");
            }
        }
        target.through(async |mut admin: Admin| {
            let page = admin.get(&path).await?;
            if json {
                return table::print_json(&page);
            }
            let mut out = std::io::stdout().lock();
            for key in page["keys"].as_array().into_iter().flatten() {
                writeln!(out, "{}", table::cell(key))?;
            }
            if let Some(next) = page["next"].as_str() {
                writeln!(std::io::stderr(), "there may be more: --after {next}")?;
            }
            Ok(())
        })
    }
}
