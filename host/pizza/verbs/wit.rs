//! `pizza wit …`: what is generated from contracts, and the check that it is fresh.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum Wit {
    /// Write each actor's client interface next to its contract.
    Client(Client),
}

#[derive(Args)]
pub(crate) struct Client {
    /// The folder with one folder an actor.
    #[arg(default_value = "wit/pizzeria")]
    dir: PathBuf,
    /// The folder of the platform's own package.
    #[arg(long, default_value = "wit/silo")]
    platform: PathBuf,
    /// Write nothing; fail and name the files that are not what would be written.
    #[arg(long)]
    check: bool,
}

impl Wit {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Client(client) => client.run(),
        }
    }
}

impl Client {
    fn run(self) -> anyhow::Result<()> {
        let mut stale = Vec::new();
        for (path, text) in pizza_wit_client::generate(&self.platform, &self.dir)? {
            // Not written again: by its new time everything that depends on it would be built anew.
            if is_current(&path, &text) {
                continue;
            }
            if !self.check {
                std::fs::write(&path, text).with_context(|| path.display().to_string())?;
            }
            stale.push(path);
        }
        let list = stale
            .iter()
            .map(|path| format!("\n  {}", path.display()))
            .collect::<String>();
        if self.check && !stale.is_empty() {
            bail!("these files are stale; run `pizza wit client`:{list}");
        }
        if !stale.is_empty() {
            #[expect(clippy::print_stdout, reason = "the command's answer")]
            {
                println!("wrote:{list}");
            }
        }
        Ok(())
    }
}

fn is_current(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|found| found == text)
}
