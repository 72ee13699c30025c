//! `pizza actor new`: a project that compiles, with the tests that go with it.
//!
//! - [`name`]: what an actor may be called
//! - [`sdk`]: where the project finds the SDK
//! - [`template`]: its files

mod name;
mod sdk;
mod template;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use name::Name;
use sdk::Sdk;

#[derive(Args)]
pub(crate) struct New {
    /// What the actor type is called, for example tally or loyalty-card
    name: Name,
    /// Where the project goes [default: a folder of that name, here]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// A checkout of Awesome Pizza whose SDK to use in its place [default: a copy of the one
    /// that this program was built with, in the project's own `sdk` folder]
    #[arg(long, value_name = "CHECKOUT")]
    sdk: Option<PathBuf>,
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let sdk = match &self.sdk {
            Some(checkout) => Sdk::of(checkout)?,
            None => Sdk::Copy,
        };
        let dir = self.dir.unwrap_or_else(|| self.name.as_str().into());
        // All that can fail for a reason has failed before the first file is there.
        let files = template::files(&self.name, &sdk)?;
        make(&dir)?;
        for (path, text) in files {
            write(&dir.join(path), &text)?;
        }
        said(&self.name, &dir)
    }
}

/// Makes the folder, unless it is there and empty: what somebody wrote is never overwritten.
fn make(dir: &Path) -> anyhow::Result<()> {
    let shown = dir.display();
    match dir.read_dir() {
        Ok(entries) => {
            let is_empty = entries.count() == 0;
            ensure!(
                is_empty,
                "{shown} is there already, and is not empty; --dir names another place"
            );
            return Ok(());
        }
        Err(_) if dir.exists() => bail!("{shown} is there already, and is no folder"),
        Err(_) => {}
    }
    std::fs::create_dir_all(dir).with_context(|| format!("making {shown}"))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = (|| {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)
    })();
    written.with_context(|| format!("writing {}", path.display()))
}

fn said(name: &Name, dir: &Path) -> anyhow::Result<()> {
    let (name, module) = (name.as_str(), name.module());
    writeln!(
        std::io::stdout().lock(),
        "{name} is in {}. There:\n\n  \
         cargo test\n  \
         cargo build --target wasm32-wasip2 --release\n  \
         pizza module push target/wasm32-wasip2/release/{module}.wasm --type {name} --activate",
        dir.display()
    )?;
    Ok(())
}
