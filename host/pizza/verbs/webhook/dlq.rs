//! `pizza webhook dlq`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell, short};
use serde_json::{Value, json};

use super::letters;
use crate::admin_target::AdminTarget;

/// How much of an error is shown on its line.
const ERROR_CHARACTERS_MAX: usize = 100;

#[derive(Args)]
pub(crate) struct Dlq {
    /// Of this webhook alone
    webhook: Option<String>,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Dlq {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            webhook,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let names = match webhook {
                Some(name) => vec![name],
                None => names(&mut admin).await?,
            };
            let mut found = Vec::new();
            for name in names {
                found.extend(letters::all(&mut admin, &name).await?);
            }
            if json {
                return table::print_json(&json!({"deadLetters": found}));
            }
            print(&found)
        })
    }
}

async fn names(admin: &mut Admin) -> anyhow::Result<Vec<String>> {
    let answer = admin.get("/webhooks").await?;
    let webhooks = answer["webhooks"].as_array().into_iter().flatten();
    let names = webhooks.filter_map(|webhook| webhook["name"].as_str());
    Ok(names.map(str::to_owned).collect())
}

fn print(letters: &[Value]) -> anyhow::Result<()> {
    if letters.is_empty() {
        writeln!(std::io::stdout().lock(), "no dead letters")?;
        return Ok(());
    }
    let row = |letter: &Value| {
        let cells = ["webhook", "id", "at", "key", "attempts"].map(|name| cell(&letter[name]));
        let [webhook, id, at, key, attempts] = cells;
        let error = short(&cell(&letter["error"]), ERROR_CHARACTERS_MAX);
        [webhook, id, at, key, attempts, error]
    };
    let rows: Vec<_> = letters.iter().map(row).collect();
    table::print(["WEBHOOK", "ID", "AT", "KEY", "TRIES", "ERROR"], &rows)
}
