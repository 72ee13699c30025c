//! `pizza status`

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::short_digest;
use pizza_cli::table::{self, cell};
use serde_json::{Value, json};

use crate::admin_target::AdminTarget;

/// Show on one screen how a silo is, and with it its cluster: what serves, what fails, what waits
///
///   pizza status
///   pizza status --admin 10.0.0.7:5002 --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Status {
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { target, json } = self;
        target.through(async |mut admin: Admin| {
            let stats = admin.get("/stats").await?;
            let rates = admin.get("/rates").await?;
            let letters = admin.get("/dead-letters?limit=100").await?;
            if json {
                let letters = &letters["deadLetters"];
                return table::print_json(
                    &json!({"stats": stats, "rates": rates["rates"], "deadLetters": letters}),
                );
            }
            table::print_pairs(&of_silo(&stats, &letters))?;
            of_cluster(&stats["cluster"])?;
            of_modules(&stats["breakers"], &rates["rates"])
        })
    }
}

fn of_silo(stats: &Value, letters: &Value) -> Vec<(&'static str, String)> {
    let named = |name: &str| cell(&stats[name]);
    let count = letters["deadLetters"].as_array().map_or(0, Vec::len);
    let more = if letters["next"].is_null() {
        ""
    } else {
        " and more"
    };
    let letters = match count {
        0 => "none".to_owned(),
        _ => format!("{count}{more}: pizza dlq list"),
    };
    let memory = stats["memoryBytes"].as_u64();
    let memory = memory.map_or("-".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    vec![
        (
            "silo",
            format!("{}, pizza {}", named("name"), named("version")),
        ),
        ("since", named("startedAt")),
        (
            "store",
            format!("{}, durability {}", named("store"), named("durability")),
        ),
        ("health", health(stats)),
        ("memory", memory),
        (
            "actors",
            format!(
                "{} in memory, {} at work",
                named("actorsInMemory"),
                named("actorsAtWork")
            ),
        ),
        (
            "waiting",
            format!(
                "{} messages, {} reminders that are due soon",
                named("outboxPending"),
                named("remindersSoon")
            ),
        ),
        ("dead letters", letters),
    ]
}

/// What is wrong with the store, for nothing works without it.
fn health(stats: &Value) -> String {
    match (stats["storeStopped"].as_str(), stats["storeFull"].as_str()) {
        (Some(reason), _) => format!("the store has stopped: {reason}"),
        (None, Some(reason)) => format!("what needs room is refused: {reason}"),
        (None, None) => "works".to_owned(),
    }
}

fn of_cluster(cluster: &Value) -> anyhow::Result<()> {
    let Some(members) = cluster["members"].as_array() else {
        return Ok(());
    };
    let columns = ["silo", "address", "state", "shards"];
    let rows: Vec<_> = members
        .iter()
        .map(|member| columns.map(|column| cell(&member[column])))
        .collect();
    table::blank()?;
    table::print(["SILO", "ADDRESS", "STATE", "SHARDS"], &rows)
}

/// One row for each module that serves.
fn of_modules(breakers: &Value, rates: &Value) -> anyhow::Result<()> {
    let row = |rate: &Value| {
        let actor_type = cell(&rate["actorType"]);
        let breaker = &breakers[&actor_type];
        let state = breaker["state"].as_str().unwrap_or("closed");
        let turns = rate["recently"]["turns"].as_u64().unwrap_or(0);
        let failed = rate["recently"]["failed"].as_u64().unwrap_or(0);
        [
            actor_type,
            short_digest(&cell(&rate["digest"])).to_owned(),
            format!("{} %", cell(&rate["percent"])),
            turns.to_string(),
            failed.to_string(),
            state.to_owned(),
        ]
    };
    let rows: Vec<_> = rates.as_array().into_iter().flatten().map(row).collect();
    table::blank()?;
    table::print(
        [
            "TYPE",
            "MODULE",
            "SERVES",
            "TURNS IN 5 MIN",
            "FAILED",
            "BREAKER",
        ],
        &rows,
    )
}
