// Building the pages by Node, in a copy of their sources: nothing is written among the sources.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is no source of the pages in their folder: a developer's own, and the tests in a browser.
const NOT_COPIED: [&str; 3] = ["node_modules", "dist", "journeys"];
/// How much of what a command said is told.
const SAID_CHARS: usize = 300;

/// Builds the pages, and gives the folder with them.
///
/// # Errors
/// Why they cannot be built, for people, with what helps.
pub(crate) fn build(
    root: &Path,
    ui: &str,
    city: &str,
    out: &Path,
    path: &OsStr,
) -> Result<PathBuf, String> {
    check_node(path)?;
    // The same tree as here, so that what lies beside the pages is found by the same path.
    let tree = out.join("ui-tree");
    let sources = tree.join(ui);
    copied(root, ui, city, &tree).map_err(|e| format!("{}: {e}.", tree.display()))?;
    install(&sources, path)?;
    let dist = out.join("ui");
    let mut vite = found("node", path);
    vite.current_dir(&sources)
        .args(["node_modules/vite/bin/vite.js", "build", "--emptyOutDir"])
        .arg("--outDir")
        .arg(&dist)
        .env("PIZZA_UI_OUT", &dist);
    run(&mut vite, "the build of the pages")?;
    if dist.join("index.html").is_file() {
        return Ok(dist);
    }
    Err("the build of the pages made no index.html.".to_owned())
}

/// Vite takes Node 20.19, and 22.12 or later.
fn check_node(path: &OsStr) -> Result<(), String> {
    const HELP: &str = "install Node 20.19 or 22.12 and later, with npm";
    let said = found("node", path).arg("--version").output();
    let Ok(said) = said else {
        return Err(format!("there is no Node here; {HELP}."));
    };
    let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let mut numbers = version.trim_start_matches('v').split('.');
    let mut number = || numbers.next().and_then(|text| text.parse::<u32>().ok());
    let (major, minor) = (number().unwrap_or(0), number().unwrap_or(0));
    let is_fit = match major {
        20 => minor >= 19,
        22 => minor >= 12,
        _ => major > 22,
    };
    if !is_fit {
        return Err(format!("Node is {version}, which is too old; {HELP}."));
    }
    match npm(path, &["--version"]).output() {
        Ok(said) if said.status.success() => Ok(()),
        _ => Err(format!("there is no npm beside Node; {HELP}.")),
    }
}

/// Installs what the lock file names, unless that was done before.
fn install(sources: &Path, path: &OsStr) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}.", sources.display());
    let lock = fs::read(sources.join("package-lock.json")).map_err(failed)?;
    let installed = sources.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|before| before == lock) {
        return Ok(());
    }
    // No package runs a program of its own at this.
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let mut npm = npm(path, &arguments);
    run(npm.current_dir(sources), "`npm ci`")?;
    fs::write(installed, lock).map_err(failed)
}

fn npm(path: &OsStr, arguments: &[&str]) -> Command {
    let mut command = found(if cfg!(windows) { "npm.cmd" } else { "npm" }, path);
    command.args(arguments);
    command
}

/// A program of this path, which looks there for others.
fn found(program: &str, path: &OsStr) -> Command {
    let mut command = Command::new(program);
    command.env("PATH", path);
    command
}

/// Copies the sources anew; what was installed beside them stays.
fn copied(root: &Path, ui: &str, city: &str, tree: &Path) -> std::io::Result<()> {
    let to = tree.join(ui);
    fs::create_dir_all(&to)?;
    for entry in fs::read_dir(&to)? {
        let entry = entry?;
        if entry.file_name() == "node_modules" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    copy_folder(&root.join(ui), &to)?;
    let city_to = tree.join(city);
    city_to.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::copy(root.join(city), city_to).map(drop)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_COPIED.iter().any(|left| name == *left) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{what}: {e}."))?;
    if output.status.success() {
        return Ok(());
    }
    // One line: it is told in a warning of cargo's, which has one, and on a page.
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let words: Vec<&str> = said.split_whitespace().collect();
    let said: String = words.join(" ").chars().take(SAID_CHARS).collect();
    Err(format!("{what} failed ({}): {said}.", output.status))
}
