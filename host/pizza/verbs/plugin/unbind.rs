//! `pizza plugin unbind`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table;
use serde_json::json;

use super::asking::Asking;
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Unbind {
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Unbind {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            asking,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            admin.delete(&asking.path()).await?;
            if json {
                return table::print_json(&json!({"unbound": asking.actor.to_string()}));
            }
            writeln!(
                std::io::stdout().lock(),
                "{} decides by itself",
                asking.actor
            )?;
            Ok(())
        })
    }
}
