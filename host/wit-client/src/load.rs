//! Reads several package folders, whatever their order, without the generated files.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use wit_parser::{PackageId, Resolve, SourceMap, UnresolvedPackageGroup};

/// The generated file's name; it is never read as input, so a stale one does no harm.
pub(super) const GENERATED: &str = "client.wit";

pub(super) struct Loaded {
    pub(super) resolve: Resolve,
    /// The packages under the domain folder, by folder name.
    pub(super) packages: Vec<(PathBuf, PackageId)>,
}

pub(super) fn load(platform: &Path, dir: &Path) -> anyhow::Result<Loaded> {
    let mut waiting = vec![(platform.to_owned(), parse(platform)?)];
    for folder in folders(dir)? {
        let group = parse(&folder)?;
        waiting.push((folder, group));
    }

    let mut resolve = Resolve::default();
    let mut packages = Vec::new();
    while !waiting.is_empty() {
        let Some(next) = waiting
            .iter()
            .position(|(_, group)| is_ready(group, &waiting))
        else {
            let names = waiting
                .iter()
                .map(|(_, group)| group.main.name.to_string())
                .collect::<Vec<_>>();
            bail!(
                "these packages depend on each other in a circle: {}",
                names.join(", ")
            );
        };
        // A package is pushed after those that it depends on: the parser resolves names at once.
        let (folder, group) = waiting.remove(next);
        let package = resolve
            .push_group(group)
            .with_context(|| folder.display().to_string())?;
        if folder != platform {
            packages.push((folder, package));
        }
    }
    // They were read in the order of dependencies, which a new `use` may change.
    packages.sort();
    Ok(Loaded { resolve, packages })
}

/// Whether nothing that the package depends on is still waiting.
fn is_ready(group: &UnresolvedPackageGroup, waiting: &[(PathBuf, UnresolvedPackageGroup)]) -> bool {
    let mut needs = group.main.foreign_deps.keys();
    !needs.any(|name| waiting.iter().any(|(_, other)| other.main.name == *name))
}

fn folders(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    entries(dir)?
        .into_iter()
        .filter(|path| path.is_dir())
        .map(Ok)
        .collect()
}

fn parse(folder: &Path) -> anyhow::Result<UnresolvedPackageGroup> {
    let mut sources = SourceMap::default();
    for path in entries(folder)? {
        let is_wit = path.extension().is_some_and(|extension| extension == "wit");
        if is_wit && path.file_name().is_some_and(|name| name != GENERATED) {
            sources.push_file(&path)?;
        }
    }
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
