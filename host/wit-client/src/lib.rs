//! Client interfaces, generated from the contracts of actors.
//!
//! - `load`: reads the packages
//! - `worlds`: a contract without its worlds, for those who call
//! - `render`: writes the interface of one of them
//! - `types`: spells types, and remembers which of them must be imported

mod load;
mod render;
mod types;
mod worlds;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The client file of every actor package under `dir`, with the text that belongs in it.
/// `platform` is the folder of the platform's own package, which all of them may use.
///
/// # Errors
/// When a package cannot be read or understood, or says what no client can have.
pub fn generate(platform: &Path, dir: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let loaded = load::of_folder(platform, dir)?;
    let mut files = Vec::new();
    for (folder, package) in &loaded.packages {
        if let Some(text) = render::client(&loaded.resolve, *package)? {
            files.push((folder.join(load::GENERATED), text));
        }
    }
    Ok(files)
}

/// What a project needs to call another project's actor.
#[derive(Debug)]
pub struct Contract {
    /// The contract without its worlds, and the client: names of files and their texts.
    pub files: Vec<(String, String)>,
    /// The client's interface, as a world imports it.
    pub client: String,
}

/// The contract and the client of the actor whose package lies in `dir` itself, with the packages that
/// it needs in folders below. `None` when there is no interface of the package's own name.
///
/// # Errors
/// When a package cannot be read or understood, or says what no client can have.
pub fn of_actor(platform: &Path, dir: &Path) -> anyhow::Result<Option<Contract>> {
    let loaded = load::of_project(platform, dir)?;
    let [(folder, package)] = &loaded.packages[..] else {
        anyhow::bail!("{}: there is no contract", dir.display());
    };
    let Some(client) = render::client(&loaded.resolve, *package)? else {
        return Ok(None);
    };
    let mut files = Vec::new();
    for path in load::contracts(folder)? {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push((name.into_owned(), worlds::without(&text)));
    }
    files.push((load::GENERATED.to_owned(), client));
    let name = &loaded.resolve.packages[*package].name;
    let client = loaded
        .resolve
        .id_of_name(*package, &format!("{}-client", name.name));
    Ok(Some(Contract { files, client }))
}
