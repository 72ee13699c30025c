//! The data directory is its owner's alone: it holds states, tokens and keys.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The mode of a directory that its owner alone may enter.
const OWNERS: u32 = 0o700;
/// All rights of the group and of everybody else.
const OTHERS: u32 = 0o077;
/// The mode of a directory that belongs to many: /tmp is one.
const STICKY: u32 = 0o1000;
/// The names that are found in a data directory of ours; `lost+found` is the file system's own.
const OURS: [&str; 8] = [
    "pizza.toml",
    "store",
    "archive",
    "modules",
    "tls",
    "admin-token",
    "admin-token.new",
    "lost+found",
];

#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error(
        "{} can be entered by others (mode {mode:04o}) and holds what is not ours ({found}); give \
         a directory of its own, like {}/pizza, or close it: chmod 700 {}",
        .dir.display(), .dir.display(), .dir.display()
    )]
    Shared {
        dir: PathBuf,
        mode: u32,
        found: String,
    },
    #[error(
        "{} can be entered by others (mode {mode:04o}) and cannot be closed to them; make this \
         user its owner, or give a directory of its own, like {}/pizza", .dir.display(), .dir.display()
    )]
    Loose {
        dir: PathBuf,
        mode: u32,
        source: io::Error,
    },
    #[error("cannot {action} the data directory {}", .dir.display())]
    Io {
        dir: PathBuf,
        action: &'static str,
        source: io::Error,
    },
}

/// Makes the directory, for its owner only; one that others may enter is closed to them.
pub(crate) fn prepare(dir: &Path) -> Result<(), DataDirError> {
    let io = |action| {
        let dir = dir.to_owned();
        move |source| DataDirError::Io {
            dir,
            action,
            source,
        }
    };
    let made = DirBuilder::new().recursive(true).mode(OWNERS).create(dir);
    made.map_err(io("make"))?;
    let found = fs::metadata(dir).map_err(io("look at"))?;
    // Without the bits for the kind of file.
    let mode = found.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    // Closing somebody else's directory would lock its users out: first it must be known as ours.
    let foreign = match mode & STICKY {
        0 => foreign(dir).map_err(io("list"))?,
        _ => Some("it is made for many".to_owned()),
    };
    if let Some(found) = foreign {
        let dir = dir.to_owned();
        return Err(DataDirError::Shared { dir, mode, found });
    }
    close(dir).map_err(|source| DataDirError::Loose {
        dir: dir.to_owned(),
        mode,
        source,
    })?;
    tracing::warn!(
        dir = %dir.display(),
        mode = format!("{mode:04o}"),
        "the data directory could be entered by others, and is closed to them now"
    );
    Ok(())
}

/// The name of something in the directory that a silo has not put there, if there is any.
fn foreign(dir: &Path) -> io::Result<Option<String>> {
    // One with our store in it is ours, whatever else has been put there.
    if dir.join("store/store").exists() {
        return Ok(None);
    }
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        if !OURS.iter().any(|ours| *ours == name) {
            return Ok(Some(name.to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

/// The directory first, so that nobody opens meanwhile what is in it; then what is in it, in
/// case it is copied.
fn close(dir: &Path) -> io::Result<()> {
    let mode = fs::metadata(dir)?.permissions().mode();
    fs::set_permissions(dir, Permissions::from_mode(mode & 0o7777 & !OTHERS))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        // Links are left alone: what they lead to is not in here.
        if kind.is_dir() && entry.file_name() != "lost+found" {
            close(&entry.path())?;
        } else if kind.is_file() {
            let mode = entry.metadata()?.permissions().mode();
            let closed = Permissions::from_mode(mode & 0o7777 & !OTHERS);
            fs::set_permissions(entry.path(), closed)?;
        }
    }
    Ok(())
}
