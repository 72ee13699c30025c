//! `pizza webhook drop`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table;
use serde_json::json;

use super::letters::Letters;
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Drop {
    #[command(flatten)]
    letters: Letters,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Drop {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            letters,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let ids = letters.ids(&mut admin).await?;
            for id in &ids {
                admin.delete(&letters.path(id)).await?;
            }
            if json {
                return table::print_json(&json!({"dropped": ids}));
            }
            writeln!(std::io::stdout().lock(), "{} dropped", ids.len())?;
            Ok(())
        })
    }
}
