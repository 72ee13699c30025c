//! A backup, read without a store.

use std::fs::File;
use std::path::Path;

use super::error::BackupError;
use super::reader::Reader;
use super::summary::Summary;

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
