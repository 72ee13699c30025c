//! `pizza plugin bind`

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use pizza_types::ActorId;

use crate::admin::{Admin, Door};
use crate::table::{self, cell};

#[derive(Args)]
pub(crate) struct Bind {
    /// The kitchen, for example napoli
    #[arg(value_name = "KITCHEN", value_parser = super::kitchen)]
    kitchen: ActorId,
    /// The plugin, a component built for wasm32-wasip2
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    #[command(flatten)]
    door: Door,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Bind {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            kitchen,
            file,
            door,
            json,
        } = self;
        let wasm = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        door.through(async |mut admin: Admin| {
            let bound = admin.put(&super::path(&kitchen), wasm).await?;
            if json {
                return table::print_json(&bound);
            }
            let (actor, digest) = (cell(&bound["actor"]), cell(&bound["digest"]));
            writeln!(std::io::stdout().lock(), "{actor} asks {digest}")?;
            Ok(())
        })
    }
}
