//! Compactions keep the database small: they merge the files that checkpoints add to a table. They
//! run here and not on a thread of the database's own: there the first one that fails, for want of
//! room too, would be the end of everything. Here it is made again later.

mod leftovers;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use fjall::AbstractTree as _;
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::diagnosis;
use crate::poison::{Poison, PoisonOnPanic};
use crate::reserve::{Reserve, Trouble};
use crate::table::{Database, Table};

/// The thread for compactions, and who else adds files to a table.
pub(crate) struct Compaction {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

struct Shared {
    db: Arc<Database>,
    dir: PathBuf,
    poison: Poison,
    reserve: Reserve,
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Default)]
struct State {
    tables: [OfTable; Table::COUNT],
    is_over: bool,
}

#[derive(Default)]
struct OfTable {
    is_asked: bool,
    not_before: Option<Instant>,
    /// What the disk must have, after a compaction for which it had too little, in bytes.
    room_min: u64,
    /// How many add files to it: a checkpoint, a compaction.
    at_work: u8,
    /// The number of the first file that may be of one of them.
    first_file: u64,
    /// From which file on some may be left of one that failed.
    left_from: Option<u64>,
}

/// Somebody adds files to a table, as long as this lives.
pub(crate) struct AtWork<'a> {
    shared: &'a Shared,
    table: Table,
}

impl Compaction {
    pub(crate) fn start(
        db: &Arc<Database>,
        dir: &Path,
        poison: &Poison,
        reserve: &Reserve,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            db: Arc::clone(db),
            dir: dir.to_owned(),
            poison: poison.clone(),
            reserve: reserve.clone(),
            state: Mutex::default(),
            told: Condvar::new(),
        });
        for table in Table::ALL {
            // An earlier life may have ended before its turn came.
            let is_asked = db.table(table).tree.l0_run_count() > 0;
            shared.state.lock().tables[table as usize].is_asked = is_asked;
        }
        let of_thread = Arc::clone(&shared);
        let thread = Builder::new().name(String::from("store-compaction"));
        let thread = thread.spawn(move || of_thread.run())?;
        Ok(Self { shared, thread })
    }

    /// A table has got a file.
    pub(crate) fn ask(&self, table: Table) {
        self.shared.state.lock().tables[table as usize].is_asked = true;
        self.shared.told.notify_one();
    }

    pub(crate) fn begin(&self, table: Table) -> AtWork<'_> {
        self.shared.begin(self.shared.state.lock(), table)
    }

    /// Who is at work on a table has failed; what it has written so far goes with the last one
    /// that is at work.
    pub(crate) fn failed(&self, table: Table) {
        self.shared.failed(table);
    }

    /// Ends the thread, when it has finished what it is at.
    pub(crate) fn end(self) {
        self.shared.state.lock().is_over = true;
        self.shared.told.notify_one();
        // If it has panicked, the poison says so.
        let _ = self.thread.join();
    }
}

impl Shared {
    fn run(&self) {
        let _guard = PoisonOnPanic::new(&self.poison, "a compaction panicked");
        while let Some((table, room_min)) = self.next() {
            let at_work = self.begin(self.state.lock(), table);
            let outcome = self.compact(table, room_min);
            let again = match outcome {
                Ok(()) => None,
                Err(Trouble::Final(reason)) => return self.poison.set(&reason),
                Err(Trouble::NoRoom(reason)) => Some(reason),
            };
            if let Some(reason) = again {
                tracing::debug!(reason, "a compaction waits for room");
                let of_table = &mut self.state.lock().tables[table as usize];
                of_table.is_asked = true;
                of_table.not_before = Some(Instant::now() + AGAIN);
            }
            drop(at_work);
        }
    }

    /// Waits for a table that has got files, and that nobody adds files to.
    fn next(&self) -> Option<(Table, u64)> {
        let mut state = self.state.lock();
        loop {
            if state.is_over || self.poison.reason().is_some() {
                return None;
            }
            let now = Instant::now();
            let is_ready = |table: &Table| {
                let of_table = &state.tables[*table as usize];
                let is_due = of_table.not_before.is_none_or(|at| at <= now);
                of_table.is_asked && is_due && of_table.at_work == 0
            };
            if let Some(table) = Table::ALL.into_iter().find(is_ready) {
                let of_table = &mut state.tables[table as usize];
                of_table.is_asked = false;
                of_table.not_before = None;
                return Some((table, of_table.room_min));
            }
            let _ = self.told.wait_for(&mut state, LOOK);
        }
    }

    fn compact(&self, table: Table, room_min: u64) -> Result<(), Trouble> {
        let keyspace = self.db.table(table);
        let whole = keyspace.disk_space();
        // It takes up to as much as what it merges, which is some of the table's files.
        let needed = whole.min(MERGED).max(room_min.min(whole));
        if !self.reserve.has_room(needed) {
            let name = table.name();
            let what = format!("a compaction of {name} may need {} MiB", needed >> 20);
            return Err(Trouble::NoRoom(what));
        }
        for _ in 0..ROUNDS_MAX {
            let before = keyspace.tree.current_version().id();
            let strategy = keyspace.config.compaction_strategy.clone();
            let read_from = self.db.read_from();
            if let Err(error) = keyspace.tree.compact(strategy, read_from) {
                self.failed(table);
                self.state.lock().tables[table as usize].room_min = whole;
                let error = fjall::Error::from(error);
                let explained = diagnosis::explain(&error, &self.dir);
                let told = format!("a compaction failed: table {}: {explained}", table.name());
                let trouble = Trouble::of(&error, told);
                if let Trouble::NoRoom(reason) = &trouble {
                    self.reserve.begin(reason);
                }
                return Err(trouble);
            }
            let is_done = keyspace.tree.current_version().id() == before;
            if is_done || self.state.lock().is_over {
                break;
            }
        }
        self.state.lock().tables[table as usize].room_min = 0;
        Ok(())
    }

    fn begin(&self, mut state: MutexGuard<'_, State>, table: Table) -> AtWork<'_> {
        let of_table = &mut state.tables[table as usize];
        if of_table.at_work == 0 {
            of_table.first_file = self.db.table(table).tree.get_next_table_id();
        }
        of_table.at_work += 1;
        AtWork {
            shared: self,
            table,
        }
    }

    fn failed(&self, table: Table) {
        let of_table = &mut self.state.lock().tables[table as usize];
        of_table.left_from = Some(of_table.first_file);
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        let of_table = &mut state.tables[self.table as usize];
        of_table.at_work -= 1;
        // Under the lock: nobody may begin before what is left is gone.
        if of_table.at_work == 0
            && let Some(from) = of_table.left_from.take()
        {
            leftovers::remove(self.shared.db.table(self.table), from);
        }
    }
}

/// What one compaction merges mostly, in bytes.
const MERGED: u64 = 256 << 20;
/// How many follow each other for one table: the others wait.
const ROUNDS_MAX: usize = 8;
/// How long after one for which there was no room.
const AGAIN: Duration = Duration::from_secs(1);
/// How often it is looked for what has become due.
const LOOK: Duration = Duration::from_millis(100);
