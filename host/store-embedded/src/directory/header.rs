//! The header file: 38 bytes, a layout that every format version keeps.
//!
//! magic (8), format version (u32), shards (u16), created at (u64, milliseconds since
//! 1970), BLAKE3 of the bytes before (16). Numbers are little endian.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use pizza_types::SHARDS;

use super::checksum::checksum;
use crate::error::OpenError;

pub(super) const FILE: &str = "store";
/// The header while it is written; a crash may leave it behind.
pub(super) const UNFINISHED: &str = "store.new";

const MAGIC: [u8; 8] = *b"PIZZASTO";
/// The version that is written.
const VERSION: u32 = 3;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Version 1: commits waited for the database's journal.
    WithoutLog,
    /// Version 2: they wait for a log beside it, which has all rows of a commit.
    WithLog,
    /// Version 3: rows that follow from others are not in the log, and an actor is one row.
    RowsFollow,
}
/// The length of all fields before the checksum.
const FIELDS: usize = 8 + 4 + 2 + 8;

/// `None` when there is no header.
pub(super) fn read(dir: &Path) -> Result<Option<Format>, OpenError> {
    let file = dir.join(FILE);
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::io("read", &file)(error)),
    };
    check(&file, &bytes).map(Some)
}

fn check(file: &Path, bytes: &[u8]) -> Result<Format, OpenError> {
    let split = bytes.split_first_chunk::<FIELDS>();
    let Some((fields, sum)) = split.filter(|(_, sum)| sum.len() == 16) else {
        let detail = format!("it has {} bytes instead of {}", bytes.len(), FIELDS + 16);
        return Err(OpenError::damaged(file, detail));
    };

    // Before the checksum: a file of something else should be called that, and not damaged.
    let magic = &fields[..8];
    if magic != MAGIC {
        let detail = format!("it starts with {:?}", magic.escape_ascii().to_string());
        return Err(OpenError::damaged(file, detail));
    }
    if checksum(fields) != *sum {
        return Err(OpenError::damaged(file, "its checksum does not match"));
    }
    let found = u32::from_le_bytes([fields[8], fields[9], fields[10], fields[11]]);
    let format = match found {
        1 => Format::WithoutLog,
        2 => Format::WithLog,
        VERSION => Format::RowsFollow,
        _ => {
            return Err(OpenError::NewerVersion {
                file: file.to_owned(),
                found,
                supported: VERSION,
            });
        }
    };
    let found = u16::from_le_bytes([fields[12], fields[13]]);
    if found != SHARDS {
        return Err(OpenError::Shards {
            file: file.to_owned(),
            found,
            expected: SHARDS,
        });
    }
    Ok(format)
}

pub(super) fn write(dir: &Path) -> Result<(), OpenError> {
    let file = dir.join(UNFINISHED);
    let written = File::create(&file).and_then(|mut header| {
        header.write_all(&bytes(VERSION, SHARDS))?;
        // Its content before its name, or a crash may leave a name on nothing.
        header.sync_all()?;
        fs::rename(&file, dir.join(FILE))
    });
    written.map_err(OpenError::io("write", &file))?;
    sync(dir)
}

/// Makes names created in the directory durable.
fn sync(dir: &Path) -> Result<(), OpenError> {
    let opened = File::open(dir).and_then(|dir| dir.sync_all());
    opened.map_err(OpenError::io("sync", dir))
}

fn bytes(version: u32, shards: u16) -> Vec<u8> {
    // Only for people who look at the header; nothing is decided by it.
    #[allow(
        clippy::disallowed_methods,
        reason = "no decision depends on this date"
    )]
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let created_ms = since.map_or(0, |since| since.as_millis() as u64);
    let mut bytes = Vec::from(MAGIC);
    bytes.extend(version.to_le_bytes());
    bytes.extend(shards.to_le_bytes());
    bytes.extend(created_ms.to_le_bytes());
    bytes.extend(checksum(&bytes));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_what_is_wrong_with_it() {
        let good = bytes(VERSION, SHARDS);
        let mut flipped = good.clone();
        flipped[20] ^= 1;
        let mut foreign = good.clone();
        foreign[0] = b'Q';
        for (bytes, fragment) in [
            (bytes(7, SHARDS), "format version 7"),
            (bytes(VERSION, 64), "64 shards"),
            (flipped, "checksum"),
            (foreign, "QIZZASTO"),
            (good[..37].to_vec(), "37 bytes"),
        ] {
            let error = check(Path::new("/x/store"), &bytes).expect_err(fragment);
            let error = error.to_string();
            assert!(
                error.contains(fragment) && error.contains("/x/store"),
                "{error}"
            );
        }
        for (version, format) in [
            (1, Format::WithoutLog),
            (2, Format::WithLog),
            (3, Format::RowsFollow),
        ] {
            let checked = check(Path::new("store"), &bytes(version, SHARDS));
            assert_eq!(checked.expect("good"), format);
        }
    }
}
