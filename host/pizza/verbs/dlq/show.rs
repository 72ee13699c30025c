//! `pizza dlq show`

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell};

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Show {
    /// The letter's number
    id: u64,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { id, target, json } = self;
        target.through(async |mut admin: Admin| {
            let letter = admin.get(&format!("/dead-letters/{id}")).await?;
            if json {
                return table::print_json(&letter);
            }
            let names = ["id", "at", "actor", "what", "attempts", "error", "caller"];
            let mut pairs: Vec<_> = names.map(|name| (name, cell(&letter[name]))).into();
            pairs.push(("message id", cell(&letter["messageId"])));
            let message = serde_json::to_string_pretty(&letter["message"])?;
            pairs.push(("message", message));
            table::print_pairs(&pairs)
        })
    }
}
