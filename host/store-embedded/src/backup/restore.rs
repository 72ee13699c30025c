//! A store made of a backup.

use std::fs::{self, File};
use std::path::Path;

use super::error::BackupError;
use super::reader::Reader;
use super::{Summary, verify};
use crate::checkpoint::Mark;
use crate::directory::Directory;
use crate::log::Row;
use crate::options::Options;
use crate::store::EmbeddedStore;
use crate::table::{Database, Table};

/// What a store is called while it is made.
const UNFINISHED: &str = "restoring";

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
        of_table: None,
    };
    while reader.next_piece(&mut |row| tables.add(row))? {
        progress(reader.bytes());
    }
    tables.finish()?;
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
    of_table: Option<(Table, fjall::Ingestion<'a>)>,
}

impl Tables<'_> {
    fn add(&mut self, (table, key, value): Row<'_>) -> Result<(), BackupError> {
        if self.of_table.as_ref().is_none_or(|(of, _)| *of != table) {
            self.finish()?;
            let ingestion = self.db.table(table).start_ingestion();
            let ingestion = ingestion.map_err(|error| self.failed(table, &error))?;
            self.of_table = Some((table, ingestion));
        }
        let Some((_, ingestion)) = &mut self.of_table else {
            return Ok(());
        };
        let written = ingestion.write(key, value.unwrap_or_default());
        written.map_err(|error| self.failed(table, &error))
    }

    fn finish(&mut self) -> Result<(), BackupError> {
        let Some((table, ingestion)) = self.of_table.take() else {
            return Ok(());
        };
        ingestion
            .finish()
            .map_err(|error| self.failed(table, &error))
    }

    fn failed(&self, table: Table, error: &fjall::Error) -> BackupError {
        BackupError::Write {
            dir: self.dir.to_owned(),
            detail: format!("table {}: {error}", table.name()),
        }
    }
}
