// The pages of the user interface, for the root's build script: built where Node is, or taken from
// a folder, or replaced by one page that says why they are not there.

mod absent;
mod forms;
mod npm;

use std::env;
use std::path::{Path, PathBuf};

/// What of the folder with the sources makes another user interface when it changes.
const SOURCES: [&str; 7] = [
    "src",
    "static",
    "index.html",
    "package-lock.json",
    "vite.config.ts",
    "svelte.config.js",
    "tsconfig.json",
];
/// The demo city, which the map draws: the pages import it from where everybody else does.
const CITY: &str = "actors/streets/src/demo-city.json";
const UI: &str = "gateway/ui";

/// Why there are no pages.
struct Absent {
    reason: String,
    /// Whether somebody wanted it so.
    is_wanted: bool,
}

/// Writes `pages.rs` into `out`: the expression of a `pizza_gateway::Pages`.
pub(crate) fn bundle(root: &Path, out: &Path) -> Result<(), String> {
    for variable in ["PIZZA_UI", "PIZZA_UI_DIST"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=gateway/bundle");
    let wanted = env::var("PIZZA_UI").unwrap_or_default();
    if !["", "require", "skip"].contains(&wanted.as_str()) {
        return Err(format!(
            "PIZZA_UI is {wanted:?}; it may be \"require\" or \"skip\""
        ));
    }
    let list = match built(root, out, &wanted)? {
        Ok(folder) => forms::list(&folder, &out.join("pages"), true)?,
        Err(absent) if wanted == "require" => {
            return Err(format!("PIZZA_UI=require: {}", absent.reason));
        }
        Err(absent) => {
            if !absent.is_wanted {
                let reason = &absent.reason;
                println!("cargo::warning=built without the pages of the user interface: {reason}");
            }
            let folder = absent::write(&out.join("absent"), &absent.reason)?;
            forms::list(&folder, &out.join("pages"), false)?
        }
    };
    let file = out.join("pages.rs");
    std::fs::write(&file, list).map_err(|e| format!("{}: {e}", file.display()))
}

/// The folder with the built pages, or why there is none.
fn built(root: &Path, out: &Path, wanted: &str) -> Result<Result<PathBuf, Absent>, String> {
    let absent = |reason: String, is_wanted| Ok(Err(Absent { reason, is_wanted }));
    if wanted == "skip" {
        return absent("PIZZA_UI=skip left them out.".to_owned(), true);
    }
    if let Some(folder) = env::var_os("PIZZA_UI_DIST").filter(|folder| !folder.is_empty()) {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        if !folder.join("index.html").is_file() {
            return Err(format!(
                "PIZZA_UI_DIST is {}, which has no index.html",
                folder.display()
            ));
        }
        return Ok(Ok(folder));
    }
    let sources = root.join(UI);
    if !sources.join("package-lock.json").is_file() {
        return absent(format!("their sources, {UI}, are not there."), false);
    }
    let watched = SOURCES.map(|source| format!("{UI}/{source}"));
    for path in watched.iter().filter(|path| root.join(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-changed={CITY}");
    match npm::build(root, UI, CITY, out) {
        Ok(folder) => Ok(Ok(folder)),
        Err(reason) => {
            let again = format!("{reason} Then touch {UI}/package-lock.json, and build again.");
            absent(again, false)
        }
    }
}
