//! `pizza plugin unbind`

use std::io::Write as _;

use clap::Args;
use pizza_types::ActorId;
use serde_json::json;

use crate::admin::{Admin, Door};
use crate::table;

#[derive(Args)]
pub(crate) struct Unbind {
    /// The kitchen, for example napoli
    #[arg(value_name = "KITCHEN", value_parser = super::kitchen)]
    kitchen: ActorId,
    #[command(flatten)]
    door: Door,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Unbind {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            kitchen,
            door,
            json,
        } = self;
        door.through(async |mut admin: Admin| {
            admin.delete(&super::path(&kitchen)).await?;
            if json {
                return table::print_json(&json!({"unbound": kitchen.to_string()}));
            }
            writeln!(std::io::stdout().lock(), "{kitchen} decides by itself")?;
            Ok(())
        })
    }
}
