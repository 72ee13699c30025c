//! `pizza module sign`

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use pizza_cli::modules;
use pizza_silo::SecretKey;
use pizza_types::ModuleDigest;

use crate::verbs::signature;

#[derive(Args)]
pub(crate) struct Sign {
    /// The component
    file: PathBuf,
    /// The secret key, as `pizza key new` wrote it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The actor type that it is for; `plugins` for a plugin
    #[arg(long = "type", value_name = "TYPE")]
    actor_type: String,
    /// Where the signature goes [default: FILE.sig]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Sign {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let key = std::fs::read_to_string(&self.key);
        let key = key.with_context(|| format!("reading {}", self.key.display()))?;
        let key: SecretKey = key.parse().with_context(|| {
            // What stands in the file is not for the screen.
            format!("{} is no secret key", self.key.display())
        })?;
        let wasm = modules::read(&self.file)?;
        let signature = key.sign(ModuleDigest::of(&wasm), &self.actor_type);
        let out = self.out.unwrap_or_else(|| signature::beside(&self.file));
        let text = serde_json::to_string_pretty(&signature)?;
        std::fs::write(&out, text).with_context(|| format!("writing {}", out.display()))?;
        writeln!(std::io::stdout().lock(), "{}", out.display())?;
        Ok(())
    }
}
