//! `pizza actor new`: a project that compiles, with the tests that go with it.
//!
//! - [`name`]: what an actor may be called
//! - [`sdk`]: where a project in Rust finds the SDK
//! - [`template`]: its files, by language

mod name;
mod sdk;
mod template;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use name::Name;
use sdk::Sdk;
pub(super) use template::Language;
use template::Template;

#[derive(Args)]
pub(crate) struct New {
    /// What the actor type is called, for example tally or loyalty-card
    name: Name,
    /// What it is written in
    #[arg(long, value_name = "LANGUAGE", default_value = "rust")]
    lang: Language,
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
        let language = self.lang;
        let sdk = match &self.sdk {
            Some(_) if language != Language::Rust => {
                bail!("--sdk is for --lang rust: there is no SDK for another language")
            }
            Some(checkout) => Sdk::of(checkout)?,
            None => Sdk::Copy,
        };
        let dir = self.dir.unwrap_or_else(|| self.name.as_str().into());
        let (name, sdk) = (&self.name, &sdk);
        let template = Template {
            name,
            language,
            sdk,
        };
        // All that can fail for a reason has failed before the first file is there.
        let files = [template.own(), template::vendored(language, sdk)?].concat();
        make(&dir)?;
        for (path, text) in files {
            write(&dir.join(path), &text)?;
        }
        said(name, language, &dir)
    }
}

/// The files of a project that are the platform's: their paths and texts.
///
/// # Errors
/// Never for what this program carries with it.
pub(super) fn vendored(language: Language) -> anyhow::Result<Vec<(String, String)>> {
    template::vendored(language, &Sdk::Copy)
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

/// Writes a file, in a folder that is made if it is not there.
///
/// # Errors
/// Where it could not be written.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = (|| {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)
    })();
    written.with_context(|| format!("writing {}", path.display()))
}

fn said(name: &Name, language: Language, dir: &Path) -> anyhow::Result<()> {
    let first = match language {
        Language::Rust => "cargo test",
        Language::Js => "npm ci && npm test",
        Language::Python => {
            "python3 -m venv .venv\n  \
             .venv/bin/pip install --require-hashes -r requirements.txt\n  \
             .venv/bin/python -m unittest"
        }
    };
    let component = language.component().replace("{{module}}", &name.module());
    let component = component.replace("{{name}}", name.as_str());
    let (name, build) = (name.as_str(), language.build());
    writeln!(
        std::io::stdout().lock(),
        "{name} is in {}. There:\n\n  \
         {first}\n  \
         {build}\n  \
         pizza module push {component} --type {name} --activate\n\n\
         or, while you work on it: pizza actor dev",
        dir.display()
    )?;
    Ok(())
}
