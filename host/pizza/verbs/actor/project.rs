//! A project that `pizza actor new` wrote: what its `actor.toml` says.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::new::Language;

/// A project in its folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    #[serde(skip)]
    pub(super) dir: PathBuf,
    #[serde(rename = "type")]
    pub(super) actor_type: String,
    pub(super) lang: Language,
    /// The command that makes the component.
    pub(super) build: String,
    component: PathBuf,
    sources: Vec<PathBuf>,
}

impl Project {
    /// What is in its folder, and in no other one.
    pub(crate) const FILE: &str = "actor.toml";

    /// Reads the project of a folder.
    ///
    /// # Errors
    /// When there is none, or its file says something else than it should.
    pub(crate) fn of(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(Self::FILE);
        let shown = path.display();
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "reading {shown}: is {} a project that `pizza actor new` wrote?",
                dir.display()
            )
        })?;
        let mut project: Self = toml::from_str(&text).with_context(|| shown.to_string())?;
        ensure!(
            !project.build.trim().is_empty(),
            "{shown}: `build` says no command"
        );
        dir.clone_into(&mut project.dir);
        Ok(project)
    }

    pub(super) fn component(&self) -> PathBuf {
        self.dir.join(&self.component)
    }

    /// The files and folders whose changes are changes of the actor.
    pub(super) fn sources(&self) -> impl Iterator<Item = PathBuf> {
        self.sources.iter().map(|source| self.dir.join(source))
    }

    /// Where the platform's contracts are.
    pub(crate) fn platform(&self) -> PathBuf {
        self.dir.join(self.lang.platform())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_project_says_what_would_make_one() {
        let dir = tempfile::tempdir().unwrap();
        let error = Project::of(dir.path()).unwrap_err();
        assert!(
            format!("{error:#}").contains("pizza actor new"),
            "{error:#}"
        );
        std::fs::write(
            dir.path().join(Project::FILE),
            "type = \"a\"\nbild = \"x\"\n",
        )
        .unwrap();
        let error = format!("{:#}", Project::of(dir.path()).unwrap_err());
        assert!(
            error.contains("actor.toml") && error.contains("bild"),
            "{error}"
        );
    }
}
