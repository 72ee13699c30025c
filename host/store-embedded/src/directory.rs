//! The files around the database:
//!
//! - `store`: whose directory this is, and in which format ([`header`])
//! - `lock`: held while a process uses the directory ([`lock`])
//! - `acknowledged`: up to where commits were acknowledged ([`witness`])
//! - `data/`: the database, with its journals ([`journal`]) and lists ([`manifest`])

mod checksum;
mod header;
mod journal;
mod lock;
mod manifest;
mod witness;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use self::lock::Lock;
pub(crate) use self::witness::Witness;
use crate::error::OpenError;

pub(crate) struct Directory {
    pub(crate) data: PathBuf,
    pub(crate) lock: Lock,
    pub(crate) witness: Witness,
}

impl Directory {
    /// Makes the directory a store if it is empty, and checks that it is one if not.
    pub(crate) fn open(dir: &Path) -> Result<Self, OpenError> {
        fs::create_dir_all(dir).map_err(OpenError::io("create the directory", dir))?;
        let is_new = match header::read(dir)? {
            Some(()) => false,
            None => is_fresh(dir)?,
        };
        // Before anything is written: another process may be making the same store.
        let lock = Lock::take(dir)?;
        let data = dir.join("data");
        if is_new {
            // The header comes last: with it the directory is a store, and complete.
            Witness::create(dir)?;
            header::write(dir)?;
        }
        let witness = Witness::open(dir)?;
        if witness.acknowledged() > 0 && !data.exists() {
            return Err(witness.missing(0, "but the database is gone"));
        }
        // Both before the database opens: it deletes tables that its lists do not name, and cuts
        // off the journal behind the first damage.
        manifest::check(&data)?;
        journal::check(&data, &witness)?;
        Ok(Self {
            data,
            lock,
            witness,
        })
    }
}

/// A directory without a header may hold what a creation left that was cut short.
fn is_fresh(dir: &Path) -> Result<bool, OpenError> {
    let files = fs::read_dir(dir).map_err(OpenError::io("list", dir))?;
    for file in files {
        let name = file.map_err(OpenError::io("list", dir))?.file_name();
        if name != lock::FILE && name != witness::FILE && name != header::UNFINISHED {
            return Err(OpenError::NotOurs {
                dir: dir.to_owned(),
                found: name.to_string_lossy().into_owned(),
            });
        }
    }
    Ok(true)
}
