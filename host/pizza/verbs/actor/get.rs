//! `pizza actor get`

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table::{self, cell};
use serde_json::Value;

use super::named::Named;
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Get {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Get {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            named,
            target,
            json,
        } = self;
        target.through(async |mut admin: Admin| {
            let actor = admin.get(&named.path("")).await?;
            if json {
                return table::print_json(&actor);
            }
            print(&actor)
        })
    }
}

fn print(actor: &Value) -> anyhow::Result<()> {
    let mut pairs = vec![
        ("actor", cell(&actor["actor"])),
        ("in memory", cell(&actor["presence"])),
    ];
    // Every actor can be asked; what may be missing is its record.
    if actor["exists"] != true {
        pairs.push(("record", "none: it has never changed anything".to_owned()));
        return table::print_pairs(&pairs);
    }
    for name in ["version", "epoch", "owner", "module", "entries"] {
        pairs.push((name, cell(&actor[name])));
    }
    for reminder in actor["reminders"].as_array().into_iter().flatten() {
        let (name, due) = (cell(&reminder["name"]), cell(&reminder["due"]));
        let again = reminder["periodMs"].as_u64();
        let again = again.map_or(String::new(), |ms| format!(", then every {ms} ms"));
        pairs.push(("reminder", format!("{name} at {due}{again}")));
    }
    let state = &actor["state"];
    if state.is_null() {
        pairs.push(("state", cell(state)));
        return table::print_pairs(&pairs);
    }
    let (schema, bytes) = (&state["schema"], &state["bytes"]);
    pairs.push(("schema", format!("{schema}, {bytes} bytes")));
    pairs.push(match state["unreadable"].as_str() {
        Some(why) => ("state", format!("cannot be shown: {why}")),
        None => ("state", serde_json::to_string_pretty(&state["value"])?),
    });
    table::print_pairs(&pairs)
}
