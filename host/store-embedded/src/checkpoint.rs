//! The checkpoint: rows that lie in the log go into the database, so that segments can be used
//! again. Each row goes once, as it was last; what was written and removed does not go at all.
//! Nothing else writes to the database.
//!
//! The tables do not change in one step. A crash in between does no harm: the log still has
//! every row that is in some tables and not in others, and hides them all when it is read again.
//! So the order is: rows, synced; then the mark ([`mark`]), synced; then segments go.

mod mark;

use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use self::mark::Mark;
use crate::diagnosis;
use crate::log::Checkpointed;
use crate::memory::{Found, Layer, Memory, Walk};
use crate::poison::{Poison, PoisonOnPanic};
use crate::table::{Database, Table, read_error};

/// A layer that nobody writes to any more.
pub(crate) struct Sealed {
    pub(crate) layer: Arc<Layer>,
    /// The last batch in it.
    pub(crate) sequence: u64,
}

pub(crate) struct Checkpoint {
    pub(crate) db: Arc<Database>,
    pub(crate) dir: PathBuf,
    pub(crate) memory: Memory,
    pub(crate) mark: Mark,
    pub(crate) checkpointed: Checkpointed,
    pub(crate) poison: Poison,
    /// When the active layer has so many bytes, the checkpoint does not pause any more.
    pub(crate) hurry_bytes: usize,
    /// Set when the store closes: nobody is left to make room for.
    pub(crate) closing: Arc<AtomicBool>,
}

impl Checkpoint {
    /// Runs until the thread that writes has ended.
    pub(crate) fn run(mut self, layers: &Receiver<Sealed>) {
        let _guard = PoisonOnPanic::new(&self.poison, "the checkpoint panicked");
        for sealed in layers {
            if self.poison.reason().is_some() {
                break;
            }
            if let Err(reason) = self.write(&sealed) {
                self.poison.set(&reason);
                break;
            }
        }
    }

    fn write(&mut self, sealed: &Sealed) -> Result<(), String> {
        let begun = Instant::now();
        let mut rows = 0;
        for table in Table::ALL {
            rows += self.table(table, &sealed.layer)?;
        }
        self.mark.advance(&self.db, sealed.sequence, &self.dir)?;
        self.memory.settle(&self.db);
        self.checkpointed.set(sealed.sequence);
        let (bytes, sequence) = (sealed.layer.bytes(), sealed.sequence);
        let ms = begun.elapsed().as_millis();
        tracing::debug!(sequence, bytes, rows, ms, "checkpoint");
        Ok(())
    }

    /// Adds what the layer has of a table, in order, as a sorted file that the database takes in.
    fn table(&self, table: Table, layer: &Layer) -> Result<u64, String> {
        let failed = |error: &fjall::Error| {
            let explained = diagnosis::explain(error, &self.dir);
            format!("a checkpoint failed: table {}: {explained}", table.name())
        };
        let mut walk = Walk::new(table, u64::MAX, Bound::Unbounded, None);
        let mut piece = walk.next(layer);
        // An ingestion begins with a file, which most tables mostly need; not all of them always.
        if piece.is_empty() {
            return Ok(0);
        }
        let keyspace = self.db.table(table);
        let mut ingestion = keyspace.start_ingestion().map_err(|error| failed(&error))?;
        let mut written = 0;
        let mut since = Instant::now();
        while !piece.is_empty() {
            for (key, value) in self.needed(table, piece)? {
                let row = match value {
                    Some(value) => ingestion.write(key, value),
                    None => ingestion.write_tombstone(key),
                };
                row.map_err(|error| failed(&error))?;
                written += 1;
            }
            self.pause(&mut since);
            piece = walk.next(layer);
        }
        ingestion.finish().map_err(|error| failed(&error))?;
        Ok(written)
    }

    /// Leaves out the removal of what the database does not have.
    fn needed(&self, table: Table, piece: Vec<Found>) -> Result<Vec<Found>, String> {
        let mut needed = Vec::with_capacity(piece.len());
        for (key, value) in piece {
            let is_needed = value.is_some() || {
                let there = self.db.table(table).contains_key(&key);
                there.map_err(|error| read_error(table, &error).to_string())?
            };
            if is_needed {
                needed.push((key, value));
            }
        }
        Ok(needed)
    }

    /// Leaves the processor to the turns for as long as it was used, as long as there is time.
    fn pause(&self, since: &mut Instant) {
        let worked = since.elapsed();
        if worked < WORK {
            return;
        }
        let is_urgent = self.memory.layers().active().bytes() >= self.hurry_bytes;
        if !is_urgent && !self.closing.load(Ordering::Relaxed) {
            thread::sleep(worked.min(PAUSE_MAX));
        }
        *since = Instant::now();
    }
}

/// How long the checkpoint works before it pauses.
const WORK: Duration = Duration::from_millis(2);
/// However long it was kept from working.
const PAUSE_MAX: Duration = Duration::from_millis(10);
