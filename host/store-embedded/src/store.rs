//! The store as the silo sees it: an actor's writes are staged by the committer, its reads are
//! point reads on the newest view.

mod actors;
mod admission;
mod dead_letters;
mod facts;
mod inspection;
mod log;
mod reminders;
mod retire;
mod streams;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_store::{Backup, Retention, Store, StoreError};
use pizza_types::{Durability, ShardSet};

use crate::backup::Pieces;
use crate::changes::RowChange;
use crate::checkpoint::{Checkpoint, Mark, Steps};
use crate::committer::{Committer, Disk, Threads, Writer, Written};
use crate::database_log;
use crate::directory::Directory;
use crate::error::OpenError;
use crate::guard::Guard;
use crate::log::{Log, Opening};
use crate::memory::Memory;
use crate::options::Options;
use crate::poison::Poison;
use crate::replay::Replay;
use crate::reserve::{Need, RealSystem, Reserve, System};
use crate::sweep::Sweep;
use crate::table::{Database, Table};
use crate::view::{Published, View};

/// The store in a directory. One process uses it at a time; all threads of it may.
pub struct EmbeddedStore {
    memory: Memory,
    published: Published,
    poison: Poison,
    reserve: Reserve,
    committer: Committer,
    durability: Durability,
    sweep: tokio::sync::Mutex<Sweep>,
    /// Held while facts are changed, from the look at what one of them was.
    facts: tokio::sync::Mutex<()>,
    running: Mutex<Option<Running>>,
}

/// Where tests stand between the store and the system.
pub(crate) struct Seams {
    pub(crate) disk: Box<dyn FnOnce(Log) -> Box<dyn Disk>>,
    pub(crate) system: Arc<dyn System>,
    pub(crate) steps: Steps,
}

impl Default for Seams {
    fn default() -> Self {
        Self {
            disk: Box::new(|log| Box::new(log)),
            system: Arc::new(RealSystem),
            steps: Arc::new(|_| {}),
        }
    }
}

struct Running {
    threads: Threads,
    _guard: Guard,
}

/// How long a thread that may hang in a database that has stopped is waited for.
/// What it has to do then is to answer; the process is about to end, and should not hang.
const ENDING: Duration = Duration::from_millis(500);

impl EmbeddedStore {
    /// Opens the store in `dir`, or makes one if the directory is empty or missing.
    ///
    /// # Errors
    /// When the directory is in use, is not a store, is of another format, or does not
    /// contain all that was acknowledged.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_with(dir, &options, Seams::default())
    }

    #[cfg(test)]
    pub(crate) fn open_on(
        dir: &Path,
        options: &Options,
        disk: impl FnOnce(Log) -> Box<dyn Disk> + 'static,
    ) -> Result<Self, OpenError> {
        let disk = Box::new(disk);
        let seams = Seams {
            disk,
            ..Seams::default()
        };
        Self::open_with(dir, options, seams)
    }

    pub(crate) fn open_with(
        dir: &Path,
        options: &Options,
        seams: Seams,
    ) -> Result<Self, OpenError> {
        let directory = Directory::open(dir)?;
        // Before the database starts its threads: the first of them may have something to say.
        database_log::listen();
        let db = open_database(&directory, options)?;
        let unreadable = |error: StoreError| OpenError::damaged(&directory.data, error.to_string());
        let mark = Mark::read(&db).map_err(unreadable)?;
        // One machine gives no more, whatever is asked for.
        let durability = options.durability.min(Durability::Fsync);
        let memory = Memory::new(&db);
        let mut replay = Replay::new(&memory, mark.sequence);
        let reserve = Reserve::new(dir, &directory.log, options, seams.system);
        let log = Opening {
            dir: &directory.log,
            segment_bytes: options.segment_bytes,
            is_synced: durability >= Durability::Fsync,
            mark: mark.sequence,
            witness: &directory.witness,
            reserve: reserve.clone(),
        };
        let log = log.open(|number, row| replay.row(number, row))?;
        let unreadable = |error: StoreError| OpenError::damaged(&directory.log, error.to_string());
        let sequence = replay.end().map_err(unreadable)?;
        // Now that it is sound, and before the log has a record, which an older program would not
        // see.
        directory.upgrade(dir)?;
        let Directory { mut witness, .. } = directory;
        if durability < Durability::Fsync {
            witness.without_sync();
        }
        let published = Published::new(&memory, sequence);
        let poison = Poison::default();
        let committer = Committer::new(&memory, &poison, sequence, durability, options);
        let layer_bytes = usize::try_from(options.segment_bytes).unwrap_or(usize::MAX);
        let checkpoint = Checkpoint {
            db: Arc::clone(&db),
            dir: dir.to_owned(),
            memory: memory.clone(),
            mark,
            checkpointed: log.checkpointed(),
            poison: poison.clone(),
            reserve: reserve.clone(),
            hurry_bytes: layer_bytes / 2,
            closing: Arc::default(),
            steps: seams.steps,
        };
        let writer = Writer {
            committer: committer.clone(),
            disk: (seams.disk)(log),
            witness,
            published: published.clone(),
            layer_bytes,
            written: sequence,
            synced: sequence,
        };
        let threads = Threads::start(writer, checkpoint);
        let threads = threads.map_err(OpenError::io("start the threads of", dir))?;
        let guard = Guard::start(poison.clone(), committer.clone(), reserve.clone())
            .map_err(OpenError::io("start the guard of", dir))?;
        Ok(Self {
            memory,
            published,
            poison,
            reserve,
            committer,
            durability,
            sweep: tokio::sync::Mutex::default(),
            facts: tokio::sync::Mutex::default(),
            running: Mutex::new(Some(Running {
                threads,
                _guard: guard,
            })),
        })
    }

    /// Writes what waits, and refuses what comes later. Waits for the disk, unless the store
    /// has stopped. Dropping the store does the same.
    pub fn close(&self) {
        let Some(running) = self.running.lock().take() else {
            return;
        };
        running.threads.hurry();
        self.committer.close();
        // It hangs where the database waits for a thread of its own that has died; the end of the
        // process ends it.
        if self.poison.reason().is_some() && !running.threads.has_ended(ENDING) {
            return;
        }
        running.threads.join();
    }

    /// How many rows there are in each table, by the table's name. It reads them all, so it is for
    /// those who want to know whether a store grows.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    pub async fn rows(&self) -> Result<Vec<(&'static str, usize)>, StoreError> {
        let view = self.view()?;
        scan(move || {
            let counted = Table::ALL.into_iter().map(|table| {
                let mut rows = view.scan(table, &[], None);
                let rows = rows.try_fold(0, |rows, row| row.map(|_| rows + 1))?;
                Ok((table.name(), rows))
            });
            counted.collect()
        })
        .await
    }

    #[cfg(test)]
    pub(crate) fn poison(&self) -> &Poison {
        &self.poison
    }

    #[cfg(test)]
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn view(&self) -> Result<View, StoreError> {
        self.poison.check()?;
        Ok(self.published.get())
    }

    /// A view that shows openings too, which nobody has waited for.
    async fn view_with_openings(&self) -> Result<View, StoreError> {
        if self.published.sequence() < self.committer.sequence() {
            self.write("look at an actor", Vec::new(), false).await?;
        }
        self.view()
    }

    /// # Errors
    /// When the request has to wait for room.
    fn admit(&self, need: Need) -> Result<(), StoreError> {
        // One that has stopped says that, whatever else there is too little of.
        self.poison.check()?;
        let admitted = self.reserve.admit(need);
        admitted.map_err(|detail| StoreError::Full { detail })
    }

    /// Stages rows, and waits until they are written.
    pub(crate) async fn write(
        &self,
        action: &'static str,
        rows: Vec<RowChange>,
        sync: bool,
    ) -> Result<(), StoreError> {
        self.admit(admission::of_rows(&rows))?;
        written(self.committer.write(action, rows, sync)?).await
    }
}

/// What was staged, once it is written.
async fn written<T>((staged, written): (T, Written)) -> Result<T, StoreError> {
    match written.await {
        Ok(Ok(())) => Ok(staged),
        Ok(Err(reason)) => Err(StoreError::Poisoned { reason }),
        // The committer lives as long as the store, and answers everybody before.
        Err(_) => Err(StoreError::Poisoned {
            reason: String::from("the store has ended"),
        }),
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn open_database(directory: &Directory, options: &Options) -> Result<Arc<Database>, OpenError> {
    let data = &directory.data;
    // What the database finds wrong with itself it may say by a panic.
    let lock = Arc::clone(&directory.lock);
    let opened = catch_unwind(AssertUnwindSafe(|| {
        if directory.is_without_log() && data.exists() {
            Database::empty_journals(data, options, Arc::clone(&lock))?;
        }
        Database::open(data, options, lock)
    }));
    match opened {
        Ok(Ok(db)) => Ok(Arc::new(db)),
        Ok(Err(error)) => Err(OpenError::damaged(data, error.to_string())),
        Err(_) => Err(OpenError::damaged(data, "its recovery panicked")),
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    fn durability(&self) -> Durability {
        self.durability
    }

    fn stop_reason(&self) -> Option<String> {
        self.poison.reason().map(str::to_owned)
    }

    fn full_reason(&self) -> Option<String> {
        self.reserve.reason()
    }

    async fn stopped(&self) -> String {
        self.poison.set_some_time().await
    }

    fn backup(&self, created_ms: u64) -> Result<Backup, StoreError> {
        Ok(Box::new(Pieces::of(self.view()?, created_ms)))
    }

    async fn expire(
        &self,
        _shards: &ShardSet,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let view = self.view()?;
        // One sweep at a time: they share the place where the last one stopped.
        let mut sweep = self.sweep.lock().await;
        let mut from = sweep.clone();
        let retention = events.clone();
        let (found, to) = scan(move || {
            let found = from.next(&view, now_ms, &retention, limit)?;
            Ok((found, from))
        })
        .await?;
        let mut gone = 0;
        for piece in found.pieces() {
            self.admit(Need::Less)?;
            gone += written(self.committer.forget(piece, now_ms)?).await?;
        }
        // Only now: a sweep that failed is done again from where it began.
        *sweep = to;
        Ok(gone)
    }
}

/// Runs a read of many rows on a thread of its own, so that the worker threads are left to the
/// turns.
async fn scan<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let scanned = tokio::task::spawn_blocking(read).await;
    scanned.unwrap_or_else(|error| {
        Err(StoreError::Io {
            action: "scan",
            detail: error.to_string(),
        })
    })
}
