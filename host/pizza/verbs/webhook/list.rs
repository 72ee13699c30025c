//! `pizza webhook list`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell, short};
use serde_json::Value;

use crate::admin_target::AdminTarget;

/// How much of an error is shown on its line.
const ERROR_CHARACTERS_MAX: usize = 100;

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { target, json } = self;
        target.through(async |mut admin: Admin| {
            let answer = admin.get("/webhooks").await?;
            if json {
                return table::print_json(&answer);
            }
            print(answer["webhooks"].as_array().map_or(&[][..], Vec::as_slice))
        })
    }
}

fn print(webhooks: &[Value]) -> anyhow::Result<()> {
    if webhooks.is_empty() {
        writeln!(std::io::stdout().lock(), "no webhooks")?;
        return Ok(());
    }
    let row = |webhook: &Value| {
        let names = [
            "name",
            "state",
            "delivered",
            "lag",
            "attempts",
            "failed",
            "deadLetters",
            "lastDelivery",
        ];
        let [name, state, delivered, lag, attempts, failed, letters, last] =
            names.map(|name| cell(&webhook[name]));
        let error = match &webhook["offBecause"] {
            Value::Null => &webhook["lastError"],
            why => why,
        };
        let error = short(&cell(error), ERROR_CHARACTERS_MAX);
        [
            name, state, delivered, lag, attempts, failed, letters, last, error,
        ]
    };
    let rows: Vec<_> = webhooks.iter().map(row).collect();
    let head = [
        "NAME",
        "STATE",
        "DELIVERED",
        "LAG",
        "TRIES",
        "FAILED",
        "DEAD",
        "LAST",
        "LAST ERROR",
    ];
    table::print(head, &rows)
}
