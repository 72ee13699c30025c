//! `pizza plugin bind`

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use pizza_types::ActorId;

use crate::admin::{Admin, Door};
use crate::table::{self, cell};
use crate::verbs::module::push;

#[derive(Args)]
pub(crate) struct Bind {
    /// The kitchen, for example napoli
    #[arg(value_name = "KITCHEN", value_parser = super::kitchen)]
    kitchen: ActorId,
    /// The plugin, a component built for wasm32-wasip2
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// What `pizza module sign` wrote [default: FILE.wasm.sig, where there is one]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Take one that was withdrawn
    #[arg(long)]
    allow_withdrawn: bool,
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
            signature,
            allow_withdrawn,
            door,
            json,
        } = self;
        let wasm = push::read(&file)?;
        let signature = push::signature_of(&file, signature)?;
        door.through(async |mut admin: Admin| {
            let path = super::path(&kitchen);
            let path = format!("{path}?allowWithdrawn={allow_withdrawn}");
            let bound = admin.put(&path, wasm, signature.as_ref()).await?;
            if json {
                return table::print_json(&bound);
            }
            let (actor, digest) = (cell(&bound["actor"]), cell(&bound["digest"]));
            writeln!(std::io::stdout().lock(), "{actor} asks {digest}")?;
            Ok(())
        })
    }
}
