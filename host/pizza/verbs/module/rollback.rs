//! `pizza module rollback`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::short_digest;
use pizza_cli::table::{self, cell};

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Rollback {
    #[command(flatten)]
    target: AdminTarget,
    /// The actor type whose last activation is taken back: of a canary its share, otherwise
    /// the module that served before serves again
    #[arg(value_name = "TYPE")]
    actor_type: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Rollback {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.target.through(async |mut admin: Admin| {
            let path = format!("/module-types/{}/rollback", self.actor_type);
            let answer = admin.post(&path, "").await?;
            if self.json {
                return table::print_json(&answer);
            }
            // The answer names what serves now, which is what somebody wants to be sure of.
            let current = cell(&answer["plan"]["current"]);
            writeln!(
                std::io::stdout().lock(),
                "{} serves",
                short_digest(&current)
            )?;
            Ok(())
        })
    }
}
