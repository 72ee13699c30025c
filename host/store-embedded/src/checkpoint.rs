//! The checkpoint: rows that lie in the log go into the database, so that segments can be used
//! again. Each row goes once, as it was last; what was written and removed does not go at all.
//! Nothing else writes to the database.
//!
//! The tables do not change in one step. A crash in between does no harm: the log still has
//! every row that is in some tables and not in others, and hides them all when it is read again.
//! So the order is: rows, synced; then the mark ([`mark`]), synced; then segments go. For the same
//! reason a checkpoint for which there is no room is just made again when there is.

mod ingest;
mod mark;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use self::ingest::Ingest;
pub(crate) use self::mark::Mark;
use crate::compaction::Compaction;
use crate::log::Checkpointed;
use crate::memory::{Layer, Memory};
use crate::poison::{Poison, PoisonOnPanic};
use crate::reserve::{Reserve, Trouble};
use crate::table::{Database, Table};

/// A layer that nobody writes to any more.
pub(crate) struct Sealed {
    pub(crate) layer: Arc<Layer>,
    /// The last batch in it.
    pub(crate) sequence: u64,
}

/// Where a checkpoint is; tests stop it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Begun,
    /// All rows of a table are in the database.
    Table(Table),
    /// The mark is durable.
    Marked,
    /// Readers see the database as it is now.
    Settled,
    /// Segments may be used again.
    Released,
}

/// Who is told of each step.
pub(crate) type Steps = Arc<dyn Fn(Step) + Send + Sync>;

pub(crate) struct Checkpoint {
    pub(crate) db: Arc<Database>,
    pub(crate) dir: PathBuf,
    pub(crate) memory: Memory,
    pub(crate) mark: Mark,
    pub(crate) checkpointed: Checkpointed,
    pub(crate) poison: Poison,
    pub(crate) reserve: Reserve,
    /// When the active layer has so many bytes, the checkpoint does not pause any more.
    pub(crate) hurry_bytes: usize,
    /// Set when the store closes: nobody is left to make room for.
    pub(crate) closing: Arc<AtomicBool>,
    pub(crate) steps: Steps,
}

impl Checkpoint {
    /// Runs until the thread that writes has ended.
    pub(crate) fn run(mut self, layers: &Receiver<Sealed>) {
        let _guard = PoisonOnPanic::new(&self.poison, "the checkpoint panicked");
        let compaction = Compaction::start(&self.db, &self.dir, &self.poison, &self.reserve);
        let compaction = match compaction {
            Ok(compaction) => compaction,
            Err(error) => {
                let reason = format!("the thread for compactions does not start: {error}");
                return self.poison.set(&reason);
            }
        };
        for sealed in layers {
            if self.poison.reason().is_some() || !self.bring(&sealed, &compaction) {
                break;
            }
        }
        compaction.end();
    }

    /// Makes the checkpoint of a layer, as soon as there is room; returns whether it is made.
    fn bring(&mut self, sealed: &Sealed, compaction: &Compaction) -> bool {
        loop {
            match self.write(sealed, compaction) {
                Ok(()) => {
                    self.hold_up(false);
                    return true;
                }
                Err(Trouble::Final(reason)) => {
                    self.poison.set(&reason);
                    return false;
                }
                // All of the layer is in memory and in the log, and stays there.
                Err(Trouble::NoRoom(reason)) => {
                    self.hold_up(true);
                    self.reserve.begin(&reason);
                }
            }
            if !self.wait() {
                return false;
            }
        }
    }

    fn hold_up(&self, holds_up: bool) {
        self.memory.set_held_up(holds_up);
        self.reserve.set_holds_up(holds_up);
    }

    /// Waits until it is worth another try; false when there will be none.
    fn wait(&self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < AGAIN {
            if self.poison.reason().is_some() || self.closing.load(Ordering::Relaxed) {
                return false;
            }
            thread::sleep(LOOK);
        }
        true
    }

    fn write(&mut self, sealed: &Sealed, compaction: &Compaction) -> Result<(), Trouble> {
        let begun = Instant::now();
        let layer = &sealed.layer;
        let needed = layer.bytes() as u64 + BESIDE;
        if !self.reserve.has_room(needed) {
            let what = format!("a checkpoint needs {} MiB", needed.div_ceil(1 << 20));
            return Err(Trouble::NoRoom(what));
        }
        (self.steps)(Step::Begun);
        let mut rows = 0;
        for table in order() {
            let _at_work = compaction.begin(table);
            let ingest = Ingest::new(&self.db, table, &self.dir);
            let mut pause = || self.pause();
            let ingested = ingest.layer(layer, &mut pause);
            if ingested.is_err() {
                compaction.failed(table);
            }
            let of_table = ingested?;
            rows += of_table;
            if of_table > 0 {
                compaction.ask(table);
            }
            (self.steps)(Step::Table(table));
        }
        let _at_work = compaction.begin(Table::System);
        let marked = self.mark.advance(&self.db, sealed.sequence, &self.dir);
        if marked.is_err() {
            compaction.failed(Table::System);
        }
        marked?;
        compaction.ask(Table::System);
        (self.steps)(Step::Marked);
        self.memory.settle(&self.db);
        (self.steps)(Step::Settled);
        self.checkpointed.set(sealed.sequence);
        (self.steps)(Step::Released);
        let (bytes, sequence) = (layer.bytes(), sealed.sequence);
        let ms = begun.elapsed().as_millis();
        tracing::debug!(sequence, bytes, rows, ms, "checkpoint");
        Ok(())
    }

    /// Whether the processor may be left to the turns.
    fn pause(&self) -> bool {
        let is_urgent = self.memory.layers().active().bytes() >= self.hurry_bytes;
        !is_urgent && !self.closing.load(Ordering::Relaxed)
    }
}

/// Rows by time go before those of reminders: when the log is read again, they follow from what a
/// reminder was before, which nobody would know any more.
fn order() -> impl Iterator<Item = Table> {
    let first = Table::RemindersDue;
    let others = Table::ALL.into_iter().filter(move |table| *table != first);
    std::iter::once(first).chain(others)
}

/// What a checkpoint takes beside its rows: lists of tables, and the mark.
const BESIDE: u64 = 4 << 20;
/// How long after one for which there was no room.
const AGAIN: Duration = Duration::from_secs(1);
/// How often it is looked meanwhile whether the store closes.
const LOOK: Duration = Duration::from_millis(50);
