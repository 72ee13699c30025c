//! The files around the database:
//!
//! - `store`: whose directory this is, and in which format ([`header`])
//! - `lock`: held while a process uses the directory ([`lock`])
//! - `acknowledged`: up to where commits were acknowledged ([`witness`])
//! - `data/`: the database, with its journals ([`journal`]) and lists ([`manifest`])
//! - `log/`: what the database does not have yet ([`crate::log`])

mod checksum;
mod header;
mod journal;
mod lock;
mod manifest;
mod witness;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::header::Format;
pub(crate) use self::lock::Lock;
pub(crate) use self::witness::Witness;
use crate::error::OpenError;

pub(crate) struct Directory {
    pub(crate) data: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) lock: Arc<Lock>,
    pub(crate) witness: Witness,
    format: Format,
}

impl Directory {
    /// Makes the directory a store if it is empty, and checks that it is one if not.
    pub(crate) fn open(dir: &Path) -> Result<Self, OpenError> {
        fs::create_dir_all(dir).map_err(OpenError::io("create the directory", dir))?;
        let found = header::read(dir)?;
        let is_new = found.is_none() && is_fresh(dir)?;
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
        let format = found.unwrap_or(Format::RowsFollow);
        // Where commits wait for the log, the journal says only how much of it is in the
        // database, and what it says must fit the log.
        let by_journal = (format == Format::WithoutLog).then_some(&witness);
        journal::check(&data, by_journal)?;
        Ok(Self {
            data,
            log: dir.join("log"),
            lock: Arc::new(lock),
            witness,
            format,
        })
    }

    /// Whether commits are in the database's journals, and not in a log.
    pub(crate) fn is_without_log(&self) -> bool {
        self.format == Format::WithoutLog
    }

    /// Notes that the directory is of the newest format, which older programs refuse.
    pub(crate) fn upgrade(&self, dir: &Path) -> Result<(), OpenError> {
        if self.format == Format::RowsFollow {
            return Ok(());
        }
        tracing::info!(dir = %dir.display(), "the data directory has the newest format now");
        header::write(dir)
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
