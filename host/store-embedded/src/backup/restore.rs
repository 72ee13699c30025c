//! A store made of a backup.

use std::fs::{self, File};
use std::path::Path;

use fjall::Slice;

use super::error::BackupError;
use super::reader::Reader;
use super::summary::Summary;
use super::verify::verify;
use crate::checkpoint::Mark;
use crate::directory::Directory;
use crate::log::Row;
use crate::options::Options;
use crate::store::EmbeddedStore;
use crate::table::{Database, Table};

/// What a store is called while it is made.
const UNFINISHED: &str = "restoring";

/// So much of a table is written at once.
const AT_ONCE_BYTES: usize = 32 << 20;

/// Makes a store in `dir`, which must not be there yet, of what the backup has. The backup is read as a
/// whole first, so that nothing is made of one that is damaged; and `dir` is there only when all of it
/// is. `progress` hears how many bytes were read, twice from the beginning.
///
/// # Errors
/// As [`verify`]; and when `dir` is there, or the store cannot be written or opened.
pub fn restore(
    file: &Path,
    dir: &Path,
    options: &Options,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, BackupError> {
    if dir.exists() {
        return Err(BackupError::Occupied {
            dir: dir.to_owned(),
        });
    }
    let summary = verify(file, progress)?;
    let unfinished = dir.with_extension(UNFINISHED);
    // One that was begun and not ended is of no use to anybody.
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(BackupError::io("remove", &unfinished))?;
    }
    write(file, &unfinished, options, progress)?;
    // As the next start does it: what cannot be opened must not be taken for a store.
    EmbeddedStore::open(&unfinished, options.clone())?.close();
    fs::rename(&unfinished, dir).map_err(BackupError::io("rename", &unfinished))?;
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let synced = File::open(parent).and_then(|parent| parent.sync_all());
    synced.map_err(BackupError::io("sync", parent))?;
    Ok(summary)
}

fn write(
    file: &Path,
    dir: &Path,
    options: &Options,
    progress: &mut dyn FnMut(u64),
) -> Result<(), BackupError> {
    let Directory {
        data,
        lock,
        mut witness,
        ..
    } = Directory::open(dir)?;
    let failed = |detail: String| BackupError::Write {
        dir: dir.to_owned(),
        detail,
    };
    let db = Database::open(&data, options, lock).map_err(|error| failed(error.to_string()))?;
    let opened = File::open(file).map_err(BackupError::io("open", file))?;
    let mut reader = Reader::new(file, opened)?;
    let mut tables = Tables {
        db: &db,
        dir,
        table: Table::Actors,
        rows: Vec::new(),
        bytes: 0,
    };
    while reader.next_piece(&mut |row| tables.add(row))? {
        progress(reader.bytes());
    }
    tables.write()?;
    let sequence = reader.summary().sequence;
    let mut mark = Mark { sequence: 0 };
    let marked = mark.advance(&db, sequence, dir);
    marked.map_err(|trouble| failed(trouble.into_reason()))?;
    // Behind the mark: a store that lacks what is acknowledged does not open.
    witness.acknowledge(sequence).map_err(failed)
}

/// The tables, filled one after the other.
struct Tables<'a> {
    db: &'a Database,
    dir: &'a Path,
    table: Table,
    /// Rows of that table which are not in it yet.
    rows: Vec<(Slice, Slice)>,
    bytes: usize,
}

impl Tables<'_> {
    fn add(&mut self, (table, key, value): Row<'_>) -> Result<(), BackupError> {
        if table != self.table || self.bytes >= AT_ONCE_BYTES {
            self.write()?;
            self.table = table;
        }
        let value = value.unwrap_or_default();
        self.bytes += key.len() + value.len();
        self.rows.push((key.into(), value.into()));
        Ok(())
    }

    /// Writes what was added, by the bulk way: rows come in the order of their keys.
    fn write(&mut self) -> Result<(), BackupError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut written = || {
            let mut ingestion = self.db.table(self.table).start_ingestion()?;
            for (key, value) in self.rows.drain(..) {
                ingestion.write(key, value)?;
            }
            ingestion.finish()
        };
        let (dir, name) = (self.dir.to_owned(), self.table.name());
        self.bytes = 0;
        written().map_err(|error: fjall::Error| BackupError::Write {
            dir,
            detail: format!("table {name}: {error}"),
        })
    }
}
