//! Why there is no backup, or no store from one.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// Why a backup was not read or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{} is no backup: it does not begin like one", .file.display())]
    NotOurs { file: PathBuf },
    #[error(
        "{} is a backup of format {found}; this program reads up to {supported}: use a newer program",
        .file.display()
    )]
    Newer {
        file: PathBuf,
        found: u32,
        supported: u32,
    },
    #[error(
        "{} is a backup of a store with {found} shards; this program has {expected}: use the program \
         that wrote it", .file.display()
    )]
    Shards {
        file: PathBuf,
        found: u16,
        expected: u16,
    },
    #[error(
        "{} is damaged at byte {at}: {detail}; nothing was made of it: take another copy of it, or an \
         older backup", .file.display()
    )]
    Damaged {
        file: PathBuf,
        at: u64,
        detail: String,
    },
    #[error(
        "{} is there already; a backup is restored into a directory that is not there yet", .dir.display()
    )]
    Occupied { dir: PathBuf },
    #[error("the store that was made of the backup does not open: {0}")]
    Open(#[from] OpenError),
    #[error("cannot write the store in {}: {detail}", .dir.display())]
    Write { dir: PathBuf, detail: String },
    #[error("cannot {action} {}: {source}", .file.display())]
    Io {
        file: PathBuf,
        action: &'static str,
        source: io::Error,
    },
}

impl BackupError {
    /// Makes an error of an I/O error, for `map_err`.
    pub(super) fn io<'a>(
        action: &'static str,
        file: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io {
            file: file.to_owned(),
            action,
            source,
        }
    }
}
