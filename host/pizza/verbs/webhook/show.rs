//! `pizza webhook show`

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell};

use super::letters::folder;
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Show {
    /// Whose it is
    webhook: String,
    /// The letter's id
    id: String,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            webhook,
            id,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let letter = admin.get(&format!("{}/{id}", folder(&webhook))).await?;
            if json {
                return table::print_json(&letter);
            }
            let names = [
                "id", "webhook", "at", "stream", "key", "position", "attempts", "error", "bytes",
            ];
            let mut pairs: Vec<_> = names.map(|name| (name, cell(&letter[name]))).into();
            pairs.push(("message", serde_json::to_string_pretty(&letter["message"])?));
            table::print_pairs(&pairs)
        })
    }
}
