//! Why the store did not open. Each says which file, what was found, and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a directory was not opened as a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{} has files but is not a store: it has {found} and no header file; \
         give an empty directory or the directory of a store", .dir.display()
    )]
    NotOurs { dir: PathBuf, found: String },
    #[error(
        "{} says format version {found}; this program reads up to {supported}: \
         use a newer program", .file.display()
    )]
    NewerVersion {
        file: PathBuf,
        found: u32,
        supported: u32,
    },
    #[error(
        "{} says {found} shards; this program has {expected}, and the number is fixed \
         for the life of a store: use the program that wrote it", .file.display()
    )]
    Shards {
        file: PathBuf,
        found: u16,
        expected: u16,
    },
    #[error("{} is damaged: {detail}; restore the directory from a copy", .file.display())]
    Damaged { file: PathBuf, detail: String },
    #[error(
        "commits {first}..{last} are missing: {} has them acknowledged, {detail}; \
         restore the directory from a copy", .file.display()
    )]
    Missing {
        file: PathBuf,
        first: u64,
        last: u64,
        detail: String,
    },
    #[error("{} is locked by {holder}: only one process can use a store", .file.display())]
    Locked { file: PathBuf, holder: String },
    #[error("cannot {action} {}: {source}", .file.display())]
    Io {
        file: PathBuf,
        action: &'static str,
        source: io::Error,
    },
}

impl OpenError {
    /// Makes an error of an I/O error, for `map_err`: it names what could not be done to which
    /// file.
    pub(crate) fn io<'a>(
        action: &'static str,
        file: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io {
            file: file.to_owned(),
            action,
            source,
        }
    }

    pub(crate) fn damaged(file: &Path, detail: impl Into<String>) -> Self {
        Self::Damaged {
            file: file.to_owned(),
            detail: detail.into(),
        }
    }
}
