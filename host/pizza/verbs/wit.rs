//! `pizza wit …`: what is generated from contracts, and the check that it is fresh.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::actor::Project;

#[derive(Subcommand)]
pub(crate) enum Wit {
    /// Write each actor's client interface next to its contract.
    Client(Client),
}

#[derive(Args)]
pub(crate) struct Client {
    /// The folder with one folder an actor; that of a project that `pizza actor new` wrote [default:
    /// wit/pizzeria in a checkout, else the project here]
    dir: Option<PathBuf>,
    /// The folder of the platform's own package [default: wit/silo, or the project's]
    #[arg(long)]
    platform: Option<PathBuf>,
    /// Write nothing; fail and name the files that are not what would be written.
    #[arg(long)]
    check: bool,
}

/// Where the contracts of a checkout are.
const CHECKOUT: &str = "wit/pizzeria";
const PLATFORM: &str = "wit/silo";

impl Wit {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Client(client) => client.run(),
        }
    }
}

impl Client {
    fn files(&self) -> anyhow::Result<Vec<(PathBuf, String)>> {
        let dir = match &self.dir {
            Some(dir) => dir.clone(),
            None if Path::new(CHECKOUT).is_dir() => CHECKOUT.into(),
            None => PathBuf::from("."),
        };
        if dir.join(Project::FILE).is_file() {
            let project = Project::of(&dir)?;
            let platform = self.platform.clone();
            let platform = platform.unwrap_or_else(|| project.platform());
            let wit = dir.join("wit");
            let contract = pizza_wit_client::of_actor(&platform, &wit)?;
            // The client comes last.
            let client = contract.and_then(|mut contract| contract.files.pop());
            return Ok(client
                .map(|(name, text)| (wit.join(name), text))
                .into_iter()
                .collect());
        }
        if self.dir.is_none() && !Path::new(CHECKOUT).is_dir() {
            bail!(
                "here is neither {CHECKOUT}, as in a checkout, nor an {}, as in a project that \
                 `pizza actor new` wrote; name the folder of the contracts",
                Project::FILE
            );
        }
        let platform = self.platform.clone();
        let platform = platform.unwrap_or_else(|| PLATFORM.into());
        pizza_wit_client::generate(&platform, &dir)
    }

    fn run(self) -> anyhow::Result<()> {
        let mut stale = Vec::new();
        for (path, text) in self.files()? {
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
