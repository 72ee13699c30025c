//! Finds the actor's world and the packages that it needs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use wit_parser::{PackageName, Resolve, UnresolvedPackageGroup, WorldId};

/// Where packages are looked for unless the author says otherwise; the first holds the world.
const DEFAULT_ROOTS: &[&str] = &["wit", "../../wit"];

pub(crate) struct Wit {
    pub(crate) resolve: Resolve,
    pub(crate) world: WorldId,
    /// The world, with its package, as wit-bindgen wants it.
    pub(crate) world_name: String,
    /// Folders of the packages needed, each after those that it depends on.
    pub(crate) folders: Vec<PathBuf>,
}

pub(crate) fn load(crate_dir: &Path, roots: &[String], world: Option<&str>) -> anyhow::Result<Wit> {
    let roots = match roots {
        [] => DEFAULT_ROOTS
            .iter()
            .map(|root| crate_dir.join(root))
            .collect::<Vec<_>>(),
        roots => roots.iter().map(|root| crate_dir.join(root)).collect(),
    };
    // The first folder is the actor's own, and says which package is meant.
    let main_package = parse(&roots[0])?.main.name;
    let mut found = Found::default();
    for root in &roots {
        found.search(root, 2)?;
    }
    let mut resolve = Resolve::default();
    let mut folders = Vec::new();
    found.push(&main_package, &mut resolve, &mut folders, &mut Vec::new())?;

    let package = resolve.package_names[&main_package];
    let world = match world {
        Some(name) => resolve.select_world(&[package], Some(name))?,
        None => resolve
            .select_world(&[package], None)
            .context("say which: actor! { world: \"…\", … }")?,
    };
    let world_name = resolve.id_of_name(package, &resolve.worlds[world].name);
    Ok(Wit {
        resolve,
        world,
        world_name,
        folders,
    })
}

/// Every package of the folders searched, needed or not.
#[derive(Default)]
struct Found {
    packages: BTreeMap<PackageName, (PathBuf, UnresolvedPackageGroup)>,
    /// Packages that did not parse; they matter if something is missing.
    broken: Vec<String>,
}

impl Found {
    fn search(&mut self, dir: &Path, depth: u32) -> anyhow::Result<()> {
        // No folder, no packages: what is missing is told by its name later.
        let Ok(entries) = dir.read_dir() else {
            return Ok(());
        };
        let mut paths = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()?;
        // The file system has no order, and what is generated must not depend on it.
        paths.sort();
        if paths
            .iter()
            .any(|path| path.extension().is_some_and(|extension| extension == "wit"))
        {
            match parse(dir) {
                Ok(group) => {
                    let name = group.main.name.clone();
                    self.packages.insert(name, (dir.to_owned(), group));
                }
                // Told only if a package is missing in the end: this one may not be needed.
                Err(error) => self.broken.push(format!("{error:#}")),
            }
        }
        for path in paths.iter().filter(|path| depth > 0 && path.is_dir()) {
            self.search(path, depth - 1)?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        name: &PackageName,
        resolve: &mut Resolve,
        folders: &mut Vec<PathBuf>,
        above: &mut Vec<PackageName>,
    ) -> anyhow::Result<()> {
        if resolve.package_names.contains_key(name) {
            return Ok(());
        }
        // Looked at first, because what is being pushed is not among the packages any more.
        if above.contains(name) {
            bail!("package {name} depends on itself");
        }
        let Some((folder, group)) = self.packages.remove(name) else {
            bail!("package {name} was not found\n{}", self.broken.join("\n"));
        };
        above.push(name.clone());
        for dependency in group.main.foreign_deps.keys() {
            self.push(dependency, resolve, folders, above)?;
        }
        above.pop();
        // After those that it depends on: the parser resolves names at once.
        resolve
            .push_group(group)
            .with_context(|| folder.display().to_string())?;
        folders.push(folder);
        Ok(())
    }
}

fn parse(dir: &Path) -> anyhow::Result<UnresolvedPackageGroup> {
    UnresolvedPackageGroup::parse_dir(dir).with_context(|| dir.display().to_string())
}
