//! `pizza dlq show`

use clap::Args;

use crate::admin::{Admin, Door};
use crate::table::{self, cell};

#[derive(Args)]
pub(crate) struct Show {
    /// The letter's number
    id: u64,
    #[command(flatten)]
    door: Door,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { id, door, json } = self;
        door.through(async |mut admin: Admin| {
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
