//! Where a project finds the SDK: in a copy of its own, which fits the program that made it,
//! or in a checkout.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// The files of the SDK: their places in the checkout, and their texts; `build.rs` has listed them.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
const ROOT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
/// Where the platform's contracts are in a checkout, and among the sources: the SDK has them by a link.
const CONTRACTS: &str = "wit/silo";
const OF_SDK: &str = "actors/sdk/wit/";

pub(super) enum Sdk {
    Copy,
    /// The root of a checkout, as a whole path.
    Checkout(PathBuf),
}

impl Sdk {
    /// The SDK of a checkout.
    ///
    /// # Errors
    /// When the folder is no checkout.
    pub(super) fn of(checkout: &Path) -> anyhow::Result<Self> {
        let is_one = checkout.join("actors/sdk/Cargo.toml").is_file();
        let shown = checkout.display();
        ensure!(
            is_one,
            "{shown} is no checkout: it has no actors/sdk/Cargo.toml"
        );
        // As a whole path, because the project may be anywhere.
        let whole = checkout.canonicalize();
        Ok(Self::Checkout(whole.with_context(|| shown.to_string())?))
    }

    /// Where the SDK is, as a string of TOML.
    pub(super) fn dependency(&self) -> String {
        let path = match self {
            Self::Copy => "sdk/actors/sdk".to_owned(),
            Self::Checkout(root) => root.join("actors/sdk").display().to_string(),
        };
        // What JSON escapes in a string, TOML understands.
        serde_json::Value::String(path).to_string()
    }

    pub(super) fn described(&self) -> &'static str {
        match self {
            Self::Copy => "| `sdk` | the SDK, as the `pizza` that wrote this has it |",
            Self::Checkout(_) => "",
        }
    }

    /// The files of a project in Rust that are not the author's: their paths and texts.
    ///
    /// # Errors
    /// When the checkout's contracts cannot be read.
    pub(super) fn files(&self) -> anyhow::Result<Vec<(String, String)>> {
        let Self::Checkout(root) = self else {
            return Ok(copied());
        };
        let folder = root.join(CONTRACTS);
        let failed = || format!("reading {}", folder.display());
        let mut files = Vec::new();
        for entry in folder.read_dir().with_context(failed)? {
            let path = entry.with_context(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(&path);
            let text = text.with_context(|| format!("reading {}", path.display()))?;
            files.push((format!("wit/silo/{name}"), text));
        }
        Ok(files)
    }
}

/// The files of a copy: the SDK, a workspace around it, and the platform's contracts once more,
/// beside the actor's own.
fn copied() -> Vec<(String, String)> {
    let mut files = vec![("sdk/Cargo.toml".to_owned(), workspace())];
    let sources = SOURCES.iter();
    files.extend(sources.map(|(path, text)| (format!("sdk/{path}"), (*text).to_owned())));
    files.extend(contracts("wit/silo"));
    files
}

/// The platform's contracts, in a folder of the project.
pub(super) fn contracts(folder: &str) -> Vec<(String, String)> {
    let sources = SOURCES.iter();
    let contracts = sources.filter_map(|(path, text)| Some((path.strip_prefix(OF_SDK)?, text)));
    contracts
        .map(|(name, text)| (format!("{folder}/{name}"), (*text).to_owned()))
        .collect()
}

/// The manifest of the workspace around a copy: what the SDK's packages take from their workspace,
/// out of the checkout's own.
fn workspace() -> String {
    let manifests = SOURCES
        .iter()
        .filter(|(path, _)| path.ends_with("Cargo.toml"));
    let inherited: Vec<&str> = manifests
        // Line by line, as all manifests here are written.
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| line.strip_suffix(" = { workspace = true }"))
        .collect();
    let mut text = String::from(
        "[workspace]\nresolver = \"3\"\nmembers = [\"actors/sdk\", \"actors/sdk-macros\"]\n",
    );
    let mut section = "";
    for line in ROOT.lines() {
        if line.starts_with('[') {
            section = line;
            if section.starts_with("[workspace.") {
                text += &format!("\n{section}\n");
            }
            continue;
        }
        let Some((key, _)) = line.split_once(" = ") else {
            continue;
        };
        let is_wanted = match section {
            "[workspace.dependencies]" => inherited.contains(&key),
            section => section.starts_with("[workspace."),
        };
        if is_wanted {
            text += &format!("{line}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_all_that_it_inherits() {
        let workspace: toml::Table = toml::from_str(&workspace()).unwrap();
        let shared = &workspace["workspace"];
        let manifests = SOURCES
            .iter()
            .filter(|(path, _)| path.ends_with("Cargo.toml"));
        for (path, text) in manifests {
            let manifest: toml::Table = toml::from_str(text).unwrap();
            for (name, value) in manifest["package"].as_table().unwrap() {
                let is_inherited = value.get("workspace").is_some();
                let is_there = shared["package"].get(name).is_some();
                assert!(!is_inherited || is_there, "{path}: {name}");
            }
            for (name, _) in manifest["dependencies"].as_table().unwrap() {
                assert!(shared["dependencies"].get(name).is_some(), "{path}: {name}");
            }
        }
        assert!(shared["lints"]["rust"].get("unsafe_code").is_some());
        let dependencies = shared["dependencies"].as_table().unwrap();
        assert!(
            !dependencies.contains_key("wasmtime"),
            "only what is needed"
        );
    }
}
