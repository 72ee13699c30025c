//! `pizza module withdraw`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::short_digest;
use pizza_cli::table::{self, cell};
use serde_json::json;

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    target: AdminTarget,
    /// The beginning of its digest; all of it for one that is not kept, or a plugin
    digest: String,
    /// What is wrong with it
    #[arg(long, value_name = "TEXT", required_unless_present = "undo")]
    why: Option<String>,
    /// It may serve again
    #[arg(long, conflicts_with = "why")]
    undo: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "undo")]
    json: bool,
}

impl Withdraw {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.target.through(async |mut admin: Admin| {
            let path = format!("/modules/{}/withdraw", self.digest);
            if self.undo {
                admin.delete(&path).await?;
                writeln!(std::io::stdout().lock(), "it may serve again")?;
                return Ok(());
            }
            let body = json!({"why": self.why}).to_string();
            let answer = admin.post(&path, body).await?;
            if self.json {
                return table::print_json(&answer);
            }
            let digest = cell(&answer["digest"]);
            let withdrawn = short_digest(&digest);
            writeln!(std::io::stdout().lock(), "{withdrawn} is withdrawn")?;
            Ok(())
        })
    }
}
