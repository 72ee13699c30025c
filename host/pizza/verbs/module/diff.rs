//! `pizza module diff`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell};

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Diff {
    #[command(flatten)]
    target: AdminTarget,
    /// The beginning of a digest
    old: String,
    /// The beginning of another
    new: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.target.through(async |mut admin: Admin| {
            let path = format!("/modules/{}/diff/{}", self.old, self.new);
            let answer = admin.get(&path).await?;
            if self.json {
                return table::print_json(&answer);
            }
            let changes = answer["changes"].as_array().map_or(&[][..], Vec::as_slice);
            let mut out = std::io::stdout().lock();
            if changes.is_empty() {
                writeln!(out, "nothing changes for others")?;
            }
            for change in changes {
                // What begins so needs --force.
                let mark = if change["warning"] == true { "!" } else { " " };
                let (place, what) = (cell(&change["place"]), cell(&change["what"]));
                writeln!(out, "{mark} {place}: {what}")?;
            }
            Ok(())
        })
    }
}
