//! Client interfaces, generated from the contracts of actors.
//!
//! `load` reads the packages, `render` writes one interface, `types` spells types
//! and remembers which of them must be imported.

mod load;
mod render;
mod types;

use std::path::{Path, PathBuf};

/// The generated file's name; it is never read as input, so a stale one does no harm.
const FILE: &str = "client.wit";

/// The client file of every actor package under `dir`, with the text that belongs in it.
pub(crate) fn generate(platform: &Path, dir: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let loaded = load::load(platform, dir)?;
    let mut files = Vec::new();
    for (folder, package) in &loaded.packages {
        if let Some(text) = render::client(&loaded.resolve, *package)? {
            files.push((folder.join(FILE), text));
        }
    }
    Ok(files)
}
