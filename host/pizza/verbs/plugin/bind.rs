//! `pizza plugin bind`

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules;
use pizza_cli::table::{self, cell};

use super::asking::Asking;
use crate::admin_target::AdminTarget;
use crate::verbs::signature;

#[derive(Args)]
pub(crate) struct Bind {
    #[command(flatten)]
    asking: Asking,
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
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Bind {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            asking,
            file,
            signature,
            allow_withdrawn,
            target,
            json,
        } = self;
        let wasm = modules::read(&file)?;
        let signature = signature::read(&file, signature)?;
        target.through(async |mut admin: Admin| {
            let path = asking.path();
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
