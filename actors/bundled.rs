// Which actor types come with the program: what the manifests of the packages beside this file
// say, and nothing else. Part of the root's build script, and of tests that need all of them.

use std::fs;
use std::path::{Path, PathBuf};

/// The section of a manifest by which an actor says what is to be done with it.
const SECTION: &str = "[package.metadata.actor]";

/// The types whose manifest says `bundled = true`, by name.
pub(crate) fn bundled(root: &Path) -> Result<Vec<String>, String> {
    marked(root, "bundled")
}

/// The types whose manifest says `{mark} = true` among what it says of the actor.
pub(crate) fn marked(root: &Path, mark: &str) -> Result<Vec<String>, String> {
    let said = said(root, mark)?.into_iter();
    let marked = said.filter(|(_, value)| value == "true");
    Ok(marked.map(|(name, _)| name).collect())
}

/// The types whose manifest says `{word} = …` of the actor, and what it says. The name of a type is
/// that of its folder.
pub(crate) fn said(root: &Path, word: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for path in manifests(root)? {
        let manifest = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        if let Some(value) = value(&manifest, word) {
            let name = path.parent().and_then(Path::file_name).unwrap_or_default();
            found.push((name.to_string_lossy().into_owned(), value.to_owned()));
        }
    }
    Ok(found)
}

/// The manifests of all packages in the folder.
pub(crate) fn manifests(root: &Path) -> Result<Vec<PathBuf>, String> {
    let folder = root.join("actors");
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let manifest = entry.map_err(failed)?.path().join("Cargo.toml");
        // Not everything in there is a package.
        if manifest.is_file() {
            found.push(manifest);
        }
    }
    // A folder lists its entries as it likes; a build should come out the same each time.
    found.sort();
    Ok(found)
}

/// Lines are enough: a reader of TOML would have to be built before everything else.
fn value<'a>(manifest: &'a str, word: &str) -> Option<&'a str> {
    let wanted = format!("{word} = ");
    let lines = manifest.lines().map(str::trim);
    let section = lines.skip_while(|line| *line != SECTION).skip(1);
    let mut entries = section.take_while(|line| !line.starts_with('['));
    entries.find_map(|line| line.strip_prefix(&wanted))
}
