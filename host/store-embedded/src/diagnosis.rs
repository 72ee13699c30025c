//! What an error of the database means, for a person who has to do something about it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::database_log;

/// The bytes that are written to try the disk: enough to need blocks of their own, so that a full
/// one is noticed.
const PROBE_BYTES: usize = 64 << 10;

/// The cause, as far as it can be found: that of a failure in a thread of the database's own is
/// in its log only, and the disk is tried, too.
pub(crate) fn explain(error: &fjall::Error, dir: &Path) -> String {
    match error {
        fjall::Error::Poisoned => {
            let told = database_log::last_error();
            let told = told.unwrap_or_else(|| String::from("it has not said why"));
            let tried = probe(dir).map_or_else(
                |error| format!("writing beside it fails, too: {error}"),
                |()| String::from("writing beside it works"),
            );
            format!("the database's work in the background failed: {told}; {tried}")
        }
        fjall::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn probe(dir: &Path) -> io::Result<()> {
    let path: PathBuf = dir.join("probe");
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&[0; PROBE_BYTES])?;
        file.sync_all()
    });
    // It may not be there.
    let _ = fs::remove_file(&path);
    written
}
