//! Which files a component is made of, and when each was written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::verbs::actor::project::Project;

/// Folders in which tools write, and no author does.
const NOT_LOOKED_AT: [&str; 5] = ["target", "node_modules", "__pycache__", ".venv", ".git"];

/// All files of a project, as they are at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sources(BTreeMap<PathBuf, (SystemTime, u64)>);

impl Sources {
    /// A file that goes in this moment is one that is not there.
    pub(super) fn of(project: &Project) -> Self {
        let mut found = BTreeMap::new();
        for source in project.sources() {
            collect(&source, &mut found);
        }
        Self(found)
    }

    /// One file that is not as it was, be it that it came or went.
    pub(super) fn differs_from<'a>(&'a self, before: &'a Self) -> Option<&'a Path> {
        let files = self.0.keys().chain(before.0.keys());
        let mut changed = files.filter(|file| self.0.get(*file) != before.0.get(*file));
        changed.next().map(PathBuf::as_path)
    }
}

fn collect(path: &Path, found: &mut BTreeMap<PathBuf, (SystemTime, u64)>) {
    let Ok(about) = path.metadata() else { return };
    if !about.is_dir() {
        if let Ok(modified) = about.modified() {
            found.insert(path.to_owned(), (modified, about.len()));
        }
        return;
    }
    let name = path.file_name().and_then(|name| name.to_str());
    if name.is_some_and(|name| NOT_LOOKED_AT.contains(&name)) {
        return;
    }
    for entry in path.read_dir().into_iter().flatten().flatten() {
        collect(&entry.path(), found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &Path) -> Sources {
        let mut found = BTreeMap::new();
        collect(path, &mut found);
        Sources(found)
    }

    #[test]
    fn what_is_written_comes_or_goes_is_seen_and_what_tools_write_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (source, built) = (dir.path().join("src/lib.rs"), dir.path().join("target/x"));
        for file in [&source, &built] {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "1").unwrap();
        }
        let before = at(dir.path());
        std::fs::write(&built, "22").unwrap();
        assert_eq!(at(dir.path()), before);
        std::fs::write(&source, "22").unwrap();
        let written = at(dir.path());
        assert_eq!(written.differs_from(&before), Some(source.as_path()));
        std::fs::remove_file(&source).unwrap();
        let gone = at(dir.path());
        assert_eq!(gone.differs_from(&written), Some(source.as_path()));
        assert_eq!(gone.differs_from(&gone), None);
    }
}
