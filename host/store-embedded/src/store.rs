//! The store as the silo sees it: an actor's writes go to the committer, its reads are
//! point reads on the newest view.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use pizza_store::apply::Head;
use pizza_store::{
    ActorRecord, Claimed, Commit, CommitError, CommitTicket, DeadLetter, DueReminder, HandledRow,
    Inspected, MetaChange, OutboxKey, OutboxRow, Retention, Store, StoreError, StoredDeadLetter,
    StoredEvent, StoredReply,
};
use pizza_types::{ActorId, Durability, MessageId, ShardId, SiloId};
use tokio::sync::oneshot;

use crate::checkpoint::{Checkpoint, Mark};
use crate::committer::{self, Committer, Disk, Full, Op, Parts, Prepared, Queue, Work};
use crate::directory::Directory;
use crate::error::OpenError;
use crate::guard::Guard;
use crate::log::{Log, Opening};
use crate::memory::Memory;
use crate::options::Options;
use crate::overlay::RowChange;
use crate::poison::Poison;
use crate::sweep::Sweep;
use crate::table::{Database, Table};
use crate::view::{Published, View};
use crate::{database_log, key, read, row};

/// The store in a directory. One process uses it at a time; all threads of it may.
pub struct EmbeddedStore {
    memory: Memory,
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

impl Running {
    fn start(committer: Committer, guard: Guard) -> io::Result<Self> {
        let (ending, ended) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name(String::from("store-committer"));
        let committer = thread.spawn(move || {
            let _ending = ending;
            committer.run();
        })?;
        Ok(Self {
            committer,
            ended,
            _guard: guard,
        })
    }
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
        Self::open_on(dir, &options, |log| Box::new(log))
    }

    pub(crate) fn open_on(
        dir: &Path,
        options: &Options,
        disk: impl FnOnce(Log) -> Box<dyn Disk>,
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
        let layer = Arc::clone(memory.layers().active());
        let mut sequence = mark.sequence;
        let log = Opening {
            dir: &directory.log,
            segment_bytes: options.segment_bytes,
            is_synced: durability >= Durability::Fsync,
            mark: mark.sequence,
            witness: &directory.witness,
        };
        let log = log.open(|number, (table, key, value)| {
            layer.set(table, number, key.into(), value.map(Into::into));
            sequence = number;
        })?;
        // Now that it is sound, and before the log has a record, which an older program would not
        // see.
        directory.upgrade(dir)?;
        let Directory { mut witness, .. } = directory;
        if durability < Durability::Fsync {
            witness.without_sync();
        }
        let published = Published::new(&memory, sequence);
        let poison = Poison::default();
        let (queue, waiting) = committer::channel(options);
        let work = Arc::new(Work::new(waiting));
        let layer_bytes = usize::try_from(options.segment_bytes).unwrap_or(usize::MAX);
        let checkpoint = Checkpoint {
            db: Arc::clone(&db),
            dir: dir.to_owned(),
            memory: memory.clone(),
            mark,
            checkpointed: log.checkpointed(),
            poison: poison.clone(),
            hurry_bytes: layer_bytes / 2,
            closing: Arc::default(),
        };
        let committer = Committer::start(Parts {
            disk: disk(log),
            witness,
            memory: memory.clone(),
            published: published.clone(),
            poison: poison.clone(),
            sequence,
            durability,
            work: Arc::clone(&work),
            checkpoint,
            layer_bytes,
        });
        let committer = committer.map_err(OpenError::io("start the committer of", dir))?;
        let guard = Guard::start(db, poison.clone(), work, dir)
            .map_err(OpenError::io("start the guard of", dir))?;
        let running = Running::start(committer, guard);
        let running = running.map_err(OpenError::io("start the committer of", dir))?;
        Ok(Self {
            memory,
            published,
            poison,
            queue,
            durability,
            sweep: tokio::sync::Mutex::default(),
            committer: Mutex::new(Some(running)),
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

fn open_database(directory: &Directory, options: &Options) -> Result<Arc<Database>, OpenError> {
    let data = &directory.data;
    // What the database finds wrong with itself it may say by a panic.
    let lock = Arc::clone(&directory.lock);
    let opened = catch_unwind(AssertUnwindSafe(|| Database::open(data, options, lock)));
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

    async fn stopped(&self) -> String {
        self.poison.set_some_time().await
    }

    async fn claim(&self, actor: &ActorId, owner: &SiloId) -> Result<Claimed, StoreError> {
        let key = key::actor(actor);
        let op = |answer| Op::Claim {
            actor: key.clone(),
            owner: owner.clone(),
            answer,
        };
        let head = self.ask("claim an actor", op).await?;
        // Nobody else can commit now, so what is read fits the head.
        read::claimed(&View::now(&self.memory), &key, head)
    }

    async fn is_known(&self, actor: &ActorId) -> Result<bool, StoreError> {
        let head: Option<Head> = self.view()?.get(Table::Actors, &key::actor(actor))?;
        Ok(head.is_some())
    }

    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        read::actors(&self.view()?, actor_type, after, limit).await
    }

    fn commit(&self, commit: Commit) -> CommitTicket {
        let refused = |detail: String| -> CommitTicket {
            Box::pin(std::future::ready(Err(CommitError::Refused { detail })))
        };
        if let Err(poisoned) = self.poison.check() {
            return refused(poisoned.to_string());
        }
        let (answer, answered) = oneshot::channel();
        let op = Op::Commit(Box::new(Prepared::new(commit)), answer);
        if let Err(full) = self.queue.put(op) {
            return refused(full.to_string());
        }
        Box::pin(async {
            answered.await.unwrap_or_else(|_| {
                Err(CommitError::Unknown {
                    detail: String::from("the committer has ended"),
                })
            })
        })
    }

    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError> {
        read::record(&self.view()?, &key::actor(actor))
    }

    async fn copy(&self, actor: &ActorId) -> Result<Option<Claimed>, StoreError> {
        read::copy(&self.view()?, &key::actor(actor))
    }

    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError> {
        let (view, actor) = (self.view()?, key::actor(actor));
        scan(move || read::inspect(&view, &actor, reminders_max)).await
    }

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        let key = key::handled(&key::actor(actor), id);
        self.view()?.get(Table::Handled, &key)
    }

    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError> {
        let (view, actor) = (self.view()?, key::actor(actor));
        scan(move || read::all_handled(&view, &actor, after, limit)).await
    }

    async fn outbox(
        &self,
        shard: ShardId,
        after: Option<&OutboxKey>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        read::outbox(&self.view()?, shard, after, limit)
    }

    async fn outbox_done(&self, keys: Vec<OutboxKey>) -> Result<(), StoreError> {
        let row = |key| (Table::Outbox, key::outbox_of(key), None);
        let rows = keys.iter().map(row).collect();
        self.write("forget delivered messages", rows, false).await
    }

    async fn reminders_due(
        &self,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        read::reminders_due(&self.view()?, until_ms, limit)
    }

    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        read::events(&self.view()?, &key::names(&[stream, key]), after, limit)
    }

    async fn stream_head(&self, stream: &str, key: &str) -> Result<u64, StoreError> {
        let key = key::names(&[stream, key]);
        Ok(self.view()?.get(Table::StreamHeads, &key)?.unwrap_or(0))
    }

    async fn stream_heads(&self, stream: &str) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        let (view, prefix) = (self.view()?, key::names(&[stream]));
        scan(move || read::stream_heads(&view, &prefix)).await
    }

    async fn cursor(&self, subscriber: &str, stream: &str, key: &str) -> Result<u64, StoreError> {
        let key = key::names(&[subscriber, stream, key]);
        Ok(self.view()?.get(Table::Cursors, &key)?.unwrap_or(0))
    }

    async fn set_cursor(
        &self,
        subscriber: &str,
        stream: &str,
        key: &str,
        position: u64,
    ) -> Result<(), StoreError> {
        let key = key::names(&[subscriber, stream, key]);
        let rows = vec![(Table::Cursors, key, Some(row::encode(&position)))];
        self.write("move a cursor", rows, false).await
    }

    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError> {
        let letter = row::encode(&letter);
        let op = |answer| Op::AddDeadLetter { letter, answer };
        self.ask("keep a dead letter", op).await
    }

    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let view = self.view()?;
        scan(move || read::dead_letters(&view, after, limit)).await
    }

    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        self.view()?.get(Table::DeadLetters, &key::dead_letter(id))
    }

    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError> {
        // Two that remove the same one may both be told that it was there: nothing depends on it.
        if self.dead_letter(id).await?.is_none() {
            return Ok(false);
        }
        let rows = vec![(Table::DeadLetters, key::dead_letter(id), None)];
        self.write("forget a dead letter", rows, true).await?;
        Ok(true)
    }

    async fn meta(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        self.view()?.get(Table::Meta, &key::names(&[name]))
    }

    async fn change_metas(&self, changes: Vec<MetaChange>) -> Result<(), StoreError> {
        let rows = changes.into_iter().map(|(name, value)| {
            let value = value.map(|value| row::encode(&value));
            (Table::Meta, key::names(&[&name]), value)
        });
        self.write("note facts", rows.collect(), true).await
    }

    async fn metas(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        let view = self.view()?;
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        scan(move || read::metas(&view, &prefix, after.as_deref(), limit)).await
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
