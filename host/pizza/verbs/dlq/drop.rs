//! `pizza dlq drop`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table;
use serde_json::json;

use super::chosen::{Chosen, progress};
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Drop {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Drop {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            chosen,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let ids = chosen.ids(&mut admin).await?;
            let bar = progress("dropping", ids.len())?;
            for id in &ids {
                admin.delete(&format!("/dead-letters/{id}")).await?;
                bar.inc(1);
            }
            bar.finish_and_clear();
            if json {
                return table::print_json(&json!({"dropped": ids}));
            }
            writeln!(std::io::stdout().lock(), "{} dropped", ids.len())?;
            Ok(())
        })
    }
}
