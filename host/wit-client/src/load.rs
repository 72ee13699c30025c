//! Reads several package folders, whatever their order, without the generated files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use wit_parser::{PackageId, Resolve, SourceMap, UnresolvedPackageGroup};

/// The generated file's name; it is never read as input, so a stale one does no harm.
pub(super) const GENERATED: &str = "client.wit";

pub(super) struct Loaded {
    pub(super) resolve: Resolve,
    /// The packages that were asked for, by folder name.
    pub(super) packages: Vec<(PathBuf, PackageId)>,
}

/// A package that is read, and not yet resolved.
struct Waiting {
    folder: PathBuf,
    group: UnresolvedPackageGroup,
    /// Whether a client of it is asked for.
    is_wanted: bool,
}

/// Every package in a folder below `dir`.
pub(super) fn of_folder(platform: &Path, dir: &Path) -> anyhow::Result<Loaded> {
    let mut waiting = vec![other(platform)?];
    for folder in packages(dir, platform)? {
        waiting.push(wanted(folder)?);
    }
    ensure!(
        waiting.len() > 1,
        "{}: no folder in it has a contract (*.wit)",
        dir.display()
    );
    resolve(waiting)
}

/// The package in `dir` itself; those below it are what it may need.
pub(super) fn of_project(platform: &Path, dir: &Path) -> anyhow::Result<Loaded> {
    let shown = dir.display();
    ensure!(
        has_contracts(dir)?,
        "{shown}: there is no contract (*.wit) in it"
    );
    let mut waiting = vec![other(platform)?, wanted(dir.to_owned())?];
    let deps = dir.join("deps");
    for parent in [dir, &deps] {
        if parent.is_dir() {
            for folder in packages(parent, platform)? {
                waiting.push(other(&folder)?);
            }
        }
    }
    resolve(waiting)
}

fn wanted(folder: PathBuf) -> anyhow::Result<Waiting> {
    let group = parse(&folder, &|path| !is_generated(path))?;
    Ok(Waiting {
        folder,
        group,
        is_wanted: true,
    })
}

/// With its client, if there is one: others may import it.
fn other(folder: &Path) -> anyhow::Result<Waiting> {
    Ok(Waiting {
        folder: folder.to_owned(),
        group: parse(folder, &|_| true)?,
        is_wanted: false,
    })
}

fn resolve(mut waiting: Vec<Waiting>) -> anyhow::Result<Loaded> {
    let mut folders = BTreeMap::new();
    for Waiting { folder, group, .. } in &waiting {
        // The parser takes it for granted that each is there once.
        if let Some(first) = folders.insert(group.main.name.clone(), folder) {
            bail!(
                "package {} is in two folders, {} and {}; take one of them away",
                group.main.name,
                first.display(),
                folder.display()
            );
        }
    }
    let mut resolve = Resolve::default();
    let mut packages = Vec::new();
    while !waiting.is_empty() {
        let Some(next) = waiting
            .iter()
            .position(|next| is_ready(&next.group, &waiting))
        else {
            let names = waiting
                .iter()
                .map(|next| next.group.main.name.to_string())
                .collect::<Vec<_>>();
            bail!(
                "these packages depend on each other in a circle: {}",
                names.join(", ")
            );
        };
        // A package is pushed after those that it depends on: the parser resolves names at once.
        let Waiting {
            folder,
            group,
            is_wanted,
        } = waiting.remove(next);
        let package = resolve
            .push_group(group)
            .with_context(|| folder.display().to_string())?;
        if is_wanted {
            packages.push((folder, package));
        }
    }
    // They were read in the order of dependencies, which a new `use` may change.
    packages.sort();
    Ok(Loaded { resolve, packages })
}

/// Whether nothing that the package depends on is still waiting.
fn is_ready(group: &UnresolvedPackageGroup, waiting: &[Waiting]) -> bool {
    let mut needs = group.main.foreign_deps.keys();
    !needs.any(|name| waiting.iter().any(|other| other.group.main.name == *name))
}

/// The folders in `dir` that have a package each, but for the platform's.
fn packages(dir: &Path, platform: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let platform = platform.canonicalize();
    let mut found = Vec::new();
    for folder in entries(dir)? {
        let is_platforms = folder.canonicalize().ok() == platform.as_ref().ok().cloned();
        if folder.is_dir() && !is_platforms && has_contracts(&folder)? {
            found.push(folder);
        }
    }
    Ok(found)
}

fn has_contracts(folder: &Path) -> anyhow::Result<bool> {
    Ok(!contracts(folder)?.is_empty())
}

/// The files of a package that its author wrote.
pub(super) fn contracts(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = entries(folder)?;
    files.retain(|path| is_contract(path) && !is_generated(path));
    Ok(files)
}

fn is_contract(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wit")
}

fn is_generated(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == GENERATED)
}

fn parse(folder: &Path, is_read: &dyn Fn(&Path) -> bool) -> anyhow::Result<UnresolvedPackageGroup> {
    let mut sources = SourceMap::default();
    let mut is_empty = true;
    for path in entries(folder)? {
        if is_contract(&path) && is_read(&path) {
            sources.push_file(&path)?;
            is_empty = false;
        }
    }
    ensure!(
        !is_empty,
        "{}: there is no contract (*.wit) in it",
        folder.display()
    );
    sources
        .parse()
        .map_err(|(sources, error)| anyhow::anyhow!(error.render(&sources)))
}

fn entries(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = || {
        dir.read_dir()?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()
    };
    let mut paths = read().with_context(|| dir.display().to_string())?;
    // The file system has no order, and generated files must not depend on it.
    paths.sort();
    Ok(paths)
}
