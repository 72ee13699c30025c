// The page that stands for all others in a build without them.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the reason goes.
const REASON: &str = "{reason}";

/// Writes the page into the folder, and gives the folder.
pub(crate) fn write(folder: &Path, reason: &str) -> Result<PathBuf, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    let page = include_str!("absent.html").replace(REASON, &escaped(reason));
    fs::write(folder.join("index.html"), page).map_err(failed)?;
    Ok(folder.to_owned())
}

/// Text as text: what npm says may have any characters.
fn escaped(text: &str) -> String {
    let pairs = [
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
    ];
    pairs
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
