//! `pizza webhook switch-on`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell};

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct SwitchOn {
    /// Which one
    webhook: String,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl SwitchOn {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            webhook,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let path = format!("/webhooks/{webhook}/switch-on");
            let answer = admin.post(&path, "").await?;
            if json {
                return table::print_json(&answer);
            }
            let detail = cell(&answer["detail"]);
            writeln!(std::io::stdout().lock(), "{webhook}: {detail}")?;
            Ok(())
        })
    }
}
