// The pages of the user interface, for the root's build script: built where Node is, or taken from
// a folder, or replaced by one page that says why they are not there.

pub(crate) mod absent;
pub(crate) mod forms;
mod npm;

use std::ffi::OsString;
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

/// What of the environment decides what is built.
pub(crate) struct Environment {
    /// `PIZZA_UI`.
    pub(crate) ui: String,
    /// `PIZZA_UI_DIST`, unless it is empty: a folder that somebody has built.
    pub(crate) dist: Option<OsString>,
    /// `PATH`, on which Node is or is not.
    pub(crate) path: OsString,
}

/// Writes `pages.rs` into `out`: the expression of a `pizza_gateway::Pages`. Gives what cargo has to be told, a line
/// each.
///
/// # Errors
/// Why there are no pages where they are required, or what is wrong with the environment.
pub(crate) fn bundle(
    root: &Path,
    out: &Path,
    environment: &Environment,
) -> Result<Vec<String>, String> {
    let mut told: Vec<String> = ["PIZZA_UI", "PIZZA_UI_DIST"]
        .map(|variable| format!("cargo::rerun-if-env-changed={variable}"))
        .into();
    told.push("cargo::rerun-if-changed=gateway/bundle".to_owned());
    let wanted = &*environment.ui;
    if !["", "require", "skip"].contains(&wanted) {
        return Err(format!(
            "PIZZA_UI is {wanted:?}; it may be \"require\" or \"skip\""
        ));
    }
    let list = match built(root, out, environment, &mut told)? {
        Ok(folder) => forms::list(&folder, &out.join("pages"), true)?,
        Err(absent) if wanted == "require" => {
            return Err(format!("PIZZA_UI=require: {}", absent.reason));
        }
        Err(absent) => {
            if !absent.is_wanted {
                let reason = &absent.reason;
                told.push(format!(
                    "cargo::warning=built without the pages of the user interface: {reason}"
                ));
            }
            let folder = absent::write(&out.join("absent"), &absent.reason)?;
            forms::list(&folder, &out.join("pages"), false)?
        }
    };
    let file = out.join("pages.rs");
    std::fs::write(&file, list).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(told)
}

/// The folder with the built pages, or why there is none.
fn built(
    root: &Path,
    out: &Path,
    environment: &Environment,
    told: &mut Vec<String>,
) -> Result<Result<PathBuf, Absent>, String> {
    let absent = |reason: String, is_wanted| Ok(Err(Absent { reason, is_wanted }));
    if environment.ui == "skip" {
        return absent("PIZZA_UI=skip left them out.".to_owned(), true);
    }
    let watch = |path: &dyn std::fmt::Display| format!("cargo::rerun-if-changed={path}");
    if let Some(folder) = &environment.dist {
        let folder = root.join(folder);
        told.push(watch(&folder.display()));
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
    let watched = watched.iter().filter(|path| root.join(path).exists());
    told.extend(watched.map(|path| watch(path)));
    told.push(watch(&CITY));
    match npm::build(root, UI, CITY, out, &environment.path) {
        Ok(folder) => Ok(Ok(folder)),
        Err(reason) => {
            let again = format!("{reason} Then touch {UI}/package-lock.json, and build again.");
            absent(again, false)
        }
    }
}
