//! The rows that a layer has of one table, in order, as sorted files that the database takes in.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::diagnosis;
use crate::memory::{Found, Layer, Walk};
use crate::reserve::Trouble;
use crate::stream_head::Heads;
use crate::table::{Database, Table};

pub(super) struct Ingest<'a> {
    db: &'a Database,
    table: Table,
    dir: &'a Path,
}

impl<'a> Ingest<'a> {
    pub(super) fn new(db: &'a Database, table: Table, dir: &'a Path) -> Self {
        Self { db, table, dir }
    }

    /// Adds them, durably; returns how many rows it needed. `may_pause` says whether there is time.
    pub(super) fn layer(
        &self,
        layer: &Layer,
        may_pause: &mut dyn FnMut() -> bool,
    ) -> Result<u64, Trouble> {
        let mut rows = self.rows(layer);
        let mut piece = rows()?;
        // An ingestion begins with a file, which most tables mostly need; not all of them always.
        if piece.is_empty() {
            return Ok(0);
        }
        let keyspace = self.db.table(self.table);
        let ingestion = keyspace.start_ingestion();
        let mut ingestion = ingestion.map_err(|error| self.failed(&error))?;
        let mut written = 0;
        let mut since = Instant::now();
        while !piece.is_empty() {
            for (key, value) in self.needed(piece)? {
                let row = match value {
                    Some(value) => ingestion.write(key, value),
                    None => ingestion.write_tombstone(key),
                };
                row.map_err(|error| self.failed(&error))?;
                written += 1;
            }
            pause(&mut since, may_pause);
            piece = rows()?;
        }
        ingestion.finish().map_err(|error| self.failed(&error))?;
        Ok(written)
    }

    /// Gives the rows of the layer, a piece at a time.
    fn rows<'r>(
        &'r self,
        layer: &'r Layer,
    ) -> Box<dyn FnMut() -> Result<Vec<Found>, Trouble> + 'r> {
        if self.table == Table::StreamHeads {
            let mut heads = Heads::of(layer);
            let noted = |stream: &[u8]| self.db.table(self.table).get(stream);
            return Box::new(move || heads.next(noted).map_err(|error| self.failed(&error)));
        }
        let mut walk = Walk::all(self.table);
        Box::new(move || Ok(walk.next(layer)))
    }

    /// Leaves out the removal of what the database does not have.
    fn needed(&self, piece: Vec<Found>) -> Result<Vec<Found>, Trouble> {
        let mut needed = Vec::with_capacity(piece.len());
        for (key, value) in piece {
            let is_needed = value.is_some() || {
                let there = self.db.table(self.table).contains_key(&key);
                there.map_err(|error| self.failed(&error))?
            };
            if is_needed {
                needed.push((key, value));
            }
        }
        Ok(needed)
    }

    fn failed(&self, error: &fjall::Error) -> Trouble {
        let explained = diagnosis::explain(error, self.dir);
        let told = format!(
            "a checkpoint failed: table {}: {explained}",
            self.table.name()
        );
        Trouble::of(error, told)
    }
}

/// Leaves the processor to the turns for as long as it was used, as long as there is time.
fn pause(since: &mut Instant, may_pause: &mut dyn FnMut() -> bool) {
    let worked = since.elapsed();
    if worked < WORK {
        return;
    }
    if may_pause() {
        thread::sleep(worked.min(PAUSE_MAX));
    }
    *since = Instant::now();
}

/// How long the checkpoint works before it pauses.
const WORK: Duration = Duration::from_millis(2);
/// However long it was kept from working.
const PAUSE_MAX: Duration = Duration::from_millis(10);
