//! `pizza actor history`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell, short};
use serde_json::Value;

use super::named::Named;
use crate::admin_target::AdminTarget;

/// How much of a reply is shown on its line.
const REPLY_CHARACTERS_MAX: usize = 100;

#[derive(Args)]
pub(crate) struct History {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    target: AdminTarget,
    /// So many at most
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    limit: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let path = self.named.path(&format!("/history?limit={}", self.limit));
        let json = self.json;
        self.target.through(async |mut admin: Admin| {
            let history = admin.get(&path).await?;
            if json {
                return table::print_json(&history);
            }
            print(&history)
        })
    }
}

fn print(history: &Value) -> anyhow::Result<()> {
    let row = |message: &Value| {
        let outcome = if message["declined"] == true {
            "declined"
        } else {
            "handled"
        };
        let reply = short(&cell(&message["reply"]), REPLY_CHARACTERS_MAX);
        let (at, id) = (cell(&message["at"]), cell(&message["messageId"]));
        let (what, caller) = (cell(&message["what"]), cell(&message["caller"]));
        let trace = cell(&message["trace"]);
        [at, id, what, caller, trace, outcome.to_owned(), reply]
    };
    let messages = history["messages"].as_array().into_iter().flatten();
    let rows: Vec<_> = messages.map(row).collect();
    table::print(
        [
            "AT", "MESSAGE", "WHAT", "CALLER", "TRACE", "OUTCOME", "REPLY",
        ],
        &rows,
    )?;
    if history["complete"] != true {
        let more = "it has handled too many messages to look at all of them";
        writeln!(std::io::stdout().lock(), "{more}")?;
    }
    Ok(())
}
