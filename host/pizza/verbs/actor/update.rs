//! `pizza actor update`: what of a project is the platform's is renewed, and nothing of the author's.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::new::{Language, vendored};
use super::project::Project;

/// The version of the platform's contracts, which is that of the SDK.
const CONTRACT: &str = include_str!("../../../../wit/silo/world.wit");

#[derive(Args)]
pub(crate) struct Update {
    /// The project's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Write nothing; fail and name the files that would be written
    #[arg(long)]
    check: bool,
}

impl Update {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let language = self.language()?;
        // A project with the SDK of a checkout, or of a registry, has none of its own.
        let has_sdk = self.dir.join("sdk").is_dir();
        let files = vendored(language)?;
        let files: Vec<_> = files
            .into_iter()
            .filter(|(path, _)| has_sdk || !path.starts_with("sdk/"))
            .collect();
        let mut changed = Vec::new();
        for (path, text) in &files {
            let whole = self.dir.join(path);
            if std::fs::read_to_string(&whole).is_ok_and(|found| found == *text) {
                continue;
            }
            changed.push(path.clone());
            if !self.check {
                super::new::write(&whole, text)?;
            }
        }
        let wanted: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        for folder in folders(language) {
            for gone in self.left_over(folder, &wanted)? {
                if !self.check {
                    let whole = self.dir.join(&gone);
                    std::fs::remove_file(&whole).with_context(|| gone.clone())?;
                }
                changed.push(gone);
            }
        }
        self.say(&changed)
    }

    /// The project's language, also of one from before there was an `actor.toml`.
    fn language(&self) -> anyhow::Result<Language> {
        let before = self.dir.join("sdk/actors/sdk/Cargo.toml").is_file();
        if before && !self.dir.join("actor.toml").exists() {
            return Ok(Language::Rust);
        }
        Ok(Project::of(&self.dir)?.lang)
    }

    /// Files that an older platform had in a folder of its own.
    fn left_over(&self, folder: &str, wanted: &BTreeSet<&str>) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        walk(&self.dir.join(folder), folder, &mut found)?;
        found.retain(|path| !wanted.contains(path.as_str()));
        Ok(found)
    }

    fn say(&self, changed: &[String]) -> anyhow::Result<()> {
        let version = contract_version();
        let shown = self.dir.display();
        let list: String = changed.iter().map(|path| format!("\n  {path}")).collect();
        if self.check && !changed.is_empty() {
            bail!("{shown} is not as silo:actor {version} has it; run `pizza actor update`:{list}");
        }
        let words = if changed.is_empty() {
            format!("{shown} is as silo:actor {version} has it")
        } else {
            format!("{shown} is as silo:actor {version} has it now; test it again:{list}")
        };
        writeln!(std::io::stdout().lock(), "{words}")?;
        Ok(())
    }
}

/// Folders that are the platform's alone. Nothing an author wrote is in them.
fn folders(language: Language) -> &'static [&'static str] {
    match language {
        // Beside the SDK there is what cargo has built of it.
        Language::Rust => &["sdk/actors", "sdk/wit", "wit/silo"],
        Language::Js | Language::Python => &["silo", "wit/deps/silo"],
    }
}

fn walk(dir: &Path, within: &str, found: &mut Vec<String>) -> anyhow::Result<()> {
    // No folder, nothing left over in it.
    let Ok(entries) = dir.read_dir() else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry.with_context(|| dir.display().to_string())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{within}/{name}");
        if !entry.path().is_dir() {
            found.push(path);
        } else if name != "__pycache__" {
            walk(&entry.path(), &path, found)?;
        }
    }
    Ok(())
}

fn contract_version() -> &'static str {
    let first = CONTRACT.lines().next().unwrap_or_default();
    let version = first.split_once('@').map(|(_, version)| version);
    version.map_or("", |version| version.trim_end_matches(';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_has_the_version_of_the_contract() {
        assert_eq!(contract_version(), env!("CARGO_PKG_VERSION"));
    }
}
