//! A store that can be told to hold commits back, to lose them, or to lose their answers; where
//! it is one log, commits are decided as they are staged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use parking_lot::Mutex;
use pizza_store::{
    ActorStore, Commit, CommitError, CommitTicket, EntryView, Members, MemoryStore, Opened,
    Retention, Store, StoreError, StoredReply, Tail,
};
use pizza_types::{
    ActorId, Durability, EntryLimit, EntryPage, EntryRange, MessageId, ShardSet, SiloId,
};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitFault {
    Taken,
    /// Nothing is written, and the silo hears so.
    Refused,
    /// There is no room for it: nothing is written, and the silo hears so.
    Full,
    /// Nothing is written, and nobody knows; what comes behind it is taken.
    Lost,
    /// Everything is written, and nobody knows; what comes behind it is answered.
    AnswerLost,
}

pub(crate) struct MoodyStore {
    inner: MemoryStore,
    fault: Mutex<CommitFault>,
    held: watch::Sender<Held>,
    /// Set when the log has failed: what it held then is lost.
    failed: watch::Sender<bool>,
    is_one_log: bool,
    entries_read: Arc<AtomicUsize>,
    entries_hidden: AtomicBool,
    /// How many commits there was no room for.
    full: AtomicUsize,
    /// How often somebody asked for the end of the log.
    tails: AtomicUsize,
}

/// Whose commits are held back.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    Nobodys,
    Everybodys,
    Only(String),
}

impl MoodyStore {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::new(),
            fault: Mutex::new(CommitFault::Taken),
            held: watch::Sender::new(Held::Nobodys),
            failed: watch::Sender::new(false),
            is_one_log: false,
            entries_read: Arc::default(),
            entries_hidden: AtomicBool::new(false),
            full: AtomicUsize::new(0),
            tails: AtomicUsize::new(0),
        })
    }

    /// One in which all commits are one log.
    pub(crate) fn one_log() -> Arc<Self> {
        let store = Arc::into_inner(Self::new()).expect("nobody else has it");
        Arc::new(Self {
            is_one_log: true,
            ..store
        })
    }

    /// What is held is lost.
    pub(crate) fn fail(&self) {
        self.failed.send_replace(true);
        self.hold(false);
    }

    fn commit_to_the_log(&self, commit: Arc<Commit>) -> CommitTicket {
        let detail = "no".to_owned();
        match *self.fault.lock() {
            CommitFault::Refused => {
                return CommitTicket::refused(CommitError::Refused { detail });
            }
            CommitFault::Full => {
                self.full.fetch_add(1, Ordering::Relaxed);
                return CommitTicket::refused(CommitError::Full { detail });
            }
            _ => {}
        }
        let outcome = self.inner.commit(commit).now_or_never();
        let outcome = outcome.expect("a store in memory decides at once");
        let tail = self.written();
        match outcome {
            Err(error) => CommitTicket::refused(error),
            Ok(committed) => CommitTicket::staged(async move {
                let written = tail.await.map(|()| committed);
                written.map_err(|error| CommitError::Unknown {
                    detail: error.to_string(),
                })
            }),
        }
    }

    fn written(&self) -> Tail {
        let (mut held, failed) = (self.held.subscribe(), self.failed.subscribe());
        Box::pin(async move {
            // The store outlives its tickets.
            drop(held.wait_for(|held| *held != Held::Everybodys).await);
            if *failed.borrow() {
                let reason = "the log failed".to_owned();
                return Err(StoreError::Poisoned { reason });
            }
            Ok(())
        })
    }

    /// What happens to commits from now on.
    pub(crate) fn decide(&self, fault: CommitFault) {
        *self.fault.lock() = fault;
    }

    /// How many commits were told that there is no room for them.
    pub(crate) fn full(&self) -> usize {
        self.full.load(Ordering::Relaxed)
    }

    /// How often the end of the log was asked for.
    pub(crate) fn tails(&self) -> usize {
        self.tails.load(Ordering::Relaxed)
    }

    /// Commits are not durable while held, nor known to have failed.
    pub(crate) fn hold(&self, held: bool) {
        let held = if held {
            Held::Everybodys
        } else {
            Held::Nobodys
        };
        self.held.send_replace(held);
    }

    /// The same for one actor alone.
    pub(crate) fn hold_only(&self, key: &str) {
        self.held.send_replace(Held::Only(key.to_owned()));
    }

    /// How many entries were read by those who had them not in memory.
    pub(crate) fn entries_read(&self) -> usize {
        self.entries_read.load(Ordering::Relaxed)
    }

    /// No entry can be read.
    pub(crate) fn hide_entries(&self, hidden: bool) {
        self.entries_hidden.store(hidden, Ordering::Relaxed);
    }
}

impl Held {
    fn holds(&self, key: &str) -> bool {
        match self {
            Self::Nobodys => false,
            Self::Everybodys => true,
            Self::Only(only) => only == key,
        }
    }
}

struct Counted {
    view: Arc<dyn EntryView>,
    read: Arc<AtomicUsize>,
}

#[async_trait]
impl EntryView for Counted {
    async fn get(
        &self,
        names: &[Arc<str>],
        bytes_max: usize,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let found = self.view.get(names, bytes_max).await?;
        self.read.fetch_add(found.len(), Ordering::Relaxed);
        Ok(found)
    }

    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, StoreError> {
        let page = self.view.range(range, limit).await?;
        self.read.fetch_add(page.entries.len(), Ordering::Relaxed);
        Ok(page)
    }
}

#[async_trait]
impl ActorStore for MoodyStore {
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError> {
        self.inner.open(actor, by, members).await
    }

    fn entries(&self, actor: &ActorId) -> Result<Arc<dyn EntryView>, StoreError> {
        if self.entries_hidden.load(Ordering::Relaxed) {
            let detail = "they are hidden".to_owned();
            return Err(StoreError::Corrupt { detail });
        }
        Ok(Arc::new(Counted {
            view: self.inner.entries(actor)?,
            read: Arc::clone(&self.entries_read),
        }))
    }

    fn commit(&self, commit: Arc<Commit>) -> CommitTicket {
        if self.is_one_log {
            return self.commit_to_the_log(commit);
        }
        let key = Arc::clone(commit.actor.key());
        let unknown = |detail: &str| CommitError::Unknown {
            detail: detail.to_owned(),
        };
        let fault = {
            let mut fault = self.fault.lock();
            // A network loses one message, and not the same one each time.
            match *fault {
                lost @ (CommitFault::Lost | CommitFault::AnswerLost) => {
                    *fault = CommitFault::Taken;
                    lost
                }
                stays => stays,
            }
        };
        let written = match fault {
            CommitFault::Taken | CommitFault::AnswerLost => Some(self.inner.commit(commit)),
            CommitFault::Refused | CommitFault::Full | CommitFault::Lost => None,
        };
        if fault == CommitFault::Full {
            self.full.fetch_add(1, Ordering::Relaxed);
        }
        let mut held = self.held.subscribe();
        CommitTicket::undecided(async move {
            // The store outlives its tickets.
            drop(held.wait_for(|held| !held.holds(&key)).await);
            match (fault, written) {
                (CommitFault::Taken, Some(written)) => written.await,
                (CommitFault::AnswerLost, Some(written)) => {
                    // Also the answer that nothing was written.
                    let _ = written.await;
                    Err(unknown("the answer was lost"))
                }
                (CommitFault::Lost, _) => Err(unknown("the request was lost")),
                (CommitFault::Full, _) => Err(CommitError::Full {
                    detail: "no".to_owned(),
                }),
                _ => Err(CommitError::Refused {
                    detail: "no".to_owned(),
                }),
            }
        })
    }

    fn tail(&self) -> Option<Tail> {
        self.tails.fetch_add(1, Ordering::Relaxed);
        let is_held = *self.held.borrow() == Held::Everybodys;
        let is_behind = is_held || *self.failed.borrow();
        (self.is_one_log && is_behind).then(|| self.written())
    }

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        self.inner.handled(actor, id).await
    }
}

pizza_store::delegate!(
    MoodyStore, inner: RetireStore, LogStore, ReminderStore, StreamStore, DeadLetterStore, FactStore,
    InspectionStore
);

#[async_trait]
impl Store for MoodyStore {
    fn durability(&self) -> Durability {
        self.inner.durability()
    }

    fn stop_reason(&self) -> Option<String> {
        self.failed.borrow().then(|| "the log failed".to_owned())
    }

    async fn expire(
        &self,
        shards: &ShardSet,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.inner.expire(shards, now_ms, events, limit).await
    }
}
