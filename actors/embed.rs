// The SDK's sources as a list for the binary, so that `pizza actor new` can write them where
// there is no checkout. Part of the root's build script.

use std::fs;
use std::path::{Path, PathBuf};

/// What an actor needs to be built, and nothing of the SDK's own tests.
const FILES: [&str; 7] = [
    "actors/sdk/Cargo.toml",
    "actors/sdk/README.md",
    "actors/sdk/src",
    // The contracts of `wit/silo`, by a link.
    "actors/sdk/wit",
    "actors/sdk-macros/Cargo.toml",
    "actors/sdk-macros/README.md",
    "actors/sdk-macros/src",
];

/// A Rust expression: each file's path in the checkout, and its text.
pub(crate) fn list(root: &Path) -> Result<String, String> {
    let mut found = Vec::new();
    for file in FILES {
        collect(&root.join(file), &mut found)?;
    }
    found.sort();
    let mut list = String::from("&[\n");
    for path in found {
        let within = path.strip_prefix(root).map_err(|e| e.to_string())?;
        let (within, path) = (within.display().to_string(), path.display().to_string());
        list += &format!("    ({within:?}, include_str!({path:?})),\n");
    }
    Ok(list + "]\n")
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    if path.is_file() {
        found.push(path.to_owned());
        return Ok(());
    }
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    for entry in fs::read_dir(path).map_err(failed)? {
        collect(&entry.map_err(failed)?.path(), found)?;
    }
    Ok(())
}
