//! The whole store in one file: taken while it works, as it is at one moment; verified without a
//! store; brought back into a directory of its own.
//!
//! - [`format`](mod@format): what is in the file
//! - [`pieces`]: how it is written
//! - [`reader`]: how it is read, and found to be whole
//! - [`restore`](mod@restore): how a store is made of it
//! - [`error`]: why not
//!
//! It has the rows of all tables and not the files of the database: so it does not depend on the
//! layout of a library's files, is as small as what there is, and whoever reads it checks each row's
//! checksum on the way.

mod error;
mod format;
mod pieces;
mod reader;
mod restore;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::Path;

pub use self::error::BackupError;
pub(crate) use self::pieces::Pieces;
use self::reader::Reader;
pub use self::restore::restore;

/// What a backup has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// When it was taken, in milliseconds since 1970.
    pub created_ms: u64,
    /// The last batch of the store that it has.
    pub sequence: u64,
    /// Actors with a record.
    pub actors: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// The length of the file.
    pub bytes: u64,
}

/// Reads a backup from its beginning to its end; `progress` hears how many bytes were read.
///
/// # Errors
/// When it is none, is of a newer format, ends too early, or anything in it is not what was written.
pub fn verify(file: &Path, progress: &mut dyn FnMut(u64)) -> Result<Summary, BackupError> {
    let opened = File::open(file).map_err(BackupError::io("open", file))?;
    let mut reader = Reader::new(file, opened)?;
    while reader.next_piece(&mut |_| Ok(()))? {
        progress(reader.bytes());
    }
    Ok(reader.summary())
}
