//! The store as the silo sees it: an actor's writes go to the committer, its reads are
//! point reads on the newest view.

mod actors;
mod dead_letters;
mod facts;
mod inspection;
mod log;
mod reminders;
mod streams;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_store::{Retention, Store, StoreError};
use pizza_types::Durability;
use tokio::sync::oneshot;

use crate::committer::{self, Caches, Committer, Disk, Full, Journal, Op, Queue, Work};
use crate::directory::{Directory, Witness};
use crate::error::OpenError;
use crate::guard::Guard;
use crate::key::SEQUENCE;
use crate::metrics::CommitMetrics;
use crate::options::Options;
use crate::overlay::RowChange;
use crate::poison::Poison;
use crate::sweep::Sweep;
use crate::table::{Database, Table};
use crate::view::{Published, View};
use crate::{database_log, row};

/// The store in a directory. One process uses it at a time; all threads of it may.
pub struct EmbeddedStore {
    db: Arc<Database>,
    published: Published,
    poison: Poison,
    queue: Queue,
    durability: Durability,
    sweep: tokio::sync::Mutex<Sweep>,
    committer: Mutex<Option<Running>>,
}

struct Running {
    committer: JoinHandle<()>,
    /// A channel that closes when the committer has ended.
    ended: mpsc::Receiver<()>,
    _guard: Guard,
}

/// How long a committer that may hang in a database that has stopped is waited for.
/// What it has to do then is to answer; the process is about to end, and should not hang.
const ENDING: Duration = Duration::from_millis(500);

impl EmbeddedStore {
    /// Opens the store in `dir`, or makes one if the directory is empty or missing.
    ///
    /// # Errors
    /// When the directory is in use, is not a store, is of another format, or does not
    /// contain all that was acknowledged.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let durability = options.durability;
        Self::open_on(dir, &options, |db| {
            let dir = dir.to_owned();
            Box::new(Journal {
                db,
                dir,
                durability,
            })
        })
    }

    pub(crate) fn open_on(
        dir: &Path,
        options: &Options,
        disk: impl FnOnce(Arc<Database>) -> Box<dyn Disk>,
    ) -> Result<Self, OpenError> {
        let Directory {
            data,
            lock,
            mut witness,
        } = Directory::open(dir)?;
        // Before the database starts its threads: the first of them may have something to say.
        database_log::listen();
        // What the database finds wrong with itself it may say by a panic.
        let opened = catch_unwind(AssertUnwindSafe(|| Database::open(&data, options, lock)));
        let db = match opened {
            Ok(Ok(db)) => Arc::new(db),
            Ok(Err(error)) => return Err(OpenError::damaged(&data, error.to_string())),
            Err(_) => return Err(OpenError::damaged(&data, "its recovery panicked")),
        };
        let sequence = check_sequence(&db, &data, &witness)?;
        // One machine gives no more, whatever is asked for.
        let durability = options.durability.min(Durability::Fsync);
        if durability < Durability::Fsync {
            witness.without_sync();
        }
        let published = Published::new(View::now(&db));
        let poison = Poison::default();
        let (queue, waiting) = committer::channel(options);
        let work = Arc::new(Work::new(waiting));
        let committer = Committer {
            disk: disk(Arc::clone(&db)),
            db: Arc::clone(&db),
            witness,
            published: published.clone(),
            poison: poison.clone(),
            sequence,
            dirty: false,
            durability,
            caches: Caches::default(),
            metrics: CommitMetrics::new(),
            work: Arc::clone(&work),
        };
        let guard = Guard::start(Arc::clone(&db), poison.clone(), work, dir)
            .map_err(OpenError::io("start the guard of", dir))?;
        let (ending, ended) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name(String::from("store-committer"));
        let thread = thread
            .spawn(move || {
                let _ending = ending;
                committer.run();
            })
            .map_err(OpenError::io("start the committer of", dir))?;
        Ok(Self {
            db,
            published,
            poison,
            queue,
            durability,
            sweep: tokio::sync::Mutex::default(),
            committer: Mutex::new(Some(Running {
                committer: thread,
                ended,
                _guard: guard,
            })),
        })
    }

    /// Writes what waits, and refuses what comes later. Waits for the disk, unless the store
    /// has stopped. Dropping the store does the same.
    pub fn close(&self) {
        let Some(running) = self.committer.lock().take() else {
            return;
        };
        // It may have ended by itself, by a panic: then the poison says so.
        let _ = self.queue.put(Op::Close);
        if self.poison.reason().is_some() {
            // It hangs where the database waits for a thread of its own that has died; the end
            // of the process ends it.
            let ended = running.ended.recv_timeout(ENDING);
            if ended == Err(mpsc::RecvTimeoutError::Timeout) {
                return;
            }
        }
        let _ = running.committer.join();
    }

    #[cfg(test)]
    pub(crate) fn poison(&self) -> &Poison {
        &self.poison
    }

    fn view(&self) -> Result<View, StoreError> {
        self.poison.check()?;
        Ok(self.published.get())
    }

    /// Puts a request to the committer and waits for its answer.
    async fn ask<T>(
        &self,
        action: &'static str,
        op: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Op,
    ) -> Result<T, StoreError> {
        self.poison.check()?;
        let (answer, answered) = oneshot::channel();
        self.queue.put(op(answer)).map_err(|full| StoreError::Io {
            action,
            detail: full.to_string(),
        })?;
        answered.await.unwrap_or_else(|_| {
            self.poison.check()?;
            Err(StoreError::Io {
                action,
                detail: Full::Closed.to_string(),
            })
        })
    }

    async fn write(
        &self,
        action: &'static str,
        rows: Vec<RowChange>,
        sync: bool,
    ) -> Result<(), StoreError> {
        let op = |answer| Op::Write { rows, sync, answer };
        self.ask(action, op).await
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.close();
    }
}

/// Reads the number of the last batch, which must be at least the last acknowledged.
fn check_sequence(db: &Database, data: &Path, witness: &Witness) -> Result<u64, OpenError> {
    let row = db.get(Table::System, SEQUENCE).and_then(|row| {
        row.map(|row| row::decode::<(u64, u64)>(Table::System, SEQUENCE, &row))
            .transpose()
    });
    let row = row.map_err(|error| OpenError::damaged(data, error.to_string()))?;
    let sequence = row.map_or(0, |(sequence, _)| sequence);
    if sequence >= witness.acknowledged() {
        return Ok(sequence);
    }
    if witness.may_be_ahead() {
        let acknowledged = witness.acknowledged();
        tracing::warn!(
            sequence,
            acknowledged,
            "commits without fsync were lost with the power"
        );
        return Ok(sequence);
    }
    let detail = format!("but the database ends with {sequence}");
    Err(witness.missing(sequence, &detail))
}

#[async_trait]
impl Store for EmbeddedStore {
    fn durability(&self) -> Durability {
        self.durability
    }

    fn stop_reason(&self) -> Option<String> {
        self.poison.reason().map(str::to_owned)
    }

    async fn stopped(&self) -> String {
        self.poison.set_some_time().await
    }

    async fn expire(
        &self,
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
        for (handled, events) in found.pieces() {
            let op = |answer| Op::Forget {
                handled,
                events,
                now_ms,
                answer,
            };
            gone += self.ask("forget old rows", op).await?;
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
