//! Client interfaces, generated from the contracts of actors.
//!
//! - `load`: reads the packages
//! - `render`: writes the interface of one of them
//! - `types`: spells types, and remembers which of them must be imported

mod load;
mod render;
mod types;

use std::path::{Path, PathBuf};

/// The client file of every actor package under `dir`, with the text that belongs in it.
/// `platform` is the folder of the platform's own package, which all of them may use.
///
/// # Errors
/// When a package cannot be read or understood, or says what no client can have.
pub fn generate(platform: &Path, dir: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let loaded = load::load(platform, dir)?;
    let mut files = Vec::new();
    for (folder, package) in &loaded.packages {
        if let Some(text) = render::client(&loaded.resolve, *package)? {
            files.push((folder.join(load::GENERATED), text));
        }
    }
    Ok(files)
}
