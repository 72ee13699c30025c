//! A store that can be told to hold commits back, to lose them, or to lose their answers.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use pizza_store::{
    ActorRecord, Claimed, Commit, CommitError, CommitTicket, DeadLetter, DueReminder, HandledRow,
    Inspected, MemoryStore, MetaChange, OutboxKey, OutboxRow, Retention, Store, StoreError,
    StoredDeadLetter, StoredEvent, StoredReply,
};
use pizza_types::{ActorId, Durability, MessageId, ShardId, SiloId};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitFault {
    Taken,
    /// Nothing is written, and the silo hears so.
    Refused,
    /// Nothing is written, and nobody knows.
    Lost,
    /// Everything is written, and nobody knows.
    AnswerLost,
}

pub(crate) struct MoodyStore {
    inner: MemoryStore,
    fault: Mutex<CommitFault>,
    held: watch::Sender<bool>,
}

impl MoodyStore {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::new(),
            fault: Mutex::new(CommitFault::Taken),
            held: watch::Sender::new(false),
        })
    }

    /// What happens to commits from now on.
    pub(crate) fn decide(&self, fault: CommitFault) {
        *self.fault.lock() = fault;
    }

    /// Commits are not durable while held, nor known to have failed.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }
}

#[async_trait]
impl Store for MoodyStore {
    fn durability(&self) -> Durability {
        self.inner.durability()
    }

    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        self.inner.actors(actor_type, after, limit).await
    }

    fn commit(&self, commit: Commit) -> CommitTicket {
        let unknown = |detail: &str| CommitError::Unknown {
            detail: detail.to_owned(),
        };
        let fault = *self.fault.lock();
        let written = match fault {
            CommitFault::Taken | CommitFault::AnswerLost => Some(self.inner.commit(commit)),
            CommitFault::Refused | CommitFault::Lost => None,
        };
        let mut held = self.held.subscribe();
        Box::pin(async move {
            // The store outlives its tickets.
            drop(held.wait_for(|held| !held).await);
            match (fault, written) {
                (CommitFault::Taken, Some(written)) => written.await,
                (CommitFault::AnswerLost, Some(written)) => {
                    written.await?;
                    Err(unknown("the answer was lost"))
                }
                (CommitFault::Lost, _) => Err(unknown("the request was lost")),
                _ => Err(CommitError::Refused {
                    detail: "no".to_owned(),
                }),
            }
        })
    }

    async fn claim(&self, actor: &ActorId, owner: &SiloId) -> Result<Claimed, StoreError> {
        self.inner.claim(actor, owner).await
    }

    async fn is_known(&self, actor: &ActorId) -> Result<bool, StoreError> {
        self.inner.is_known(actor).await
    }

    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError> {
        self.inner.record(actor).await
    }

    async fn copy(&self, actor: &ActorId) -> Result<Option<Claimed>, StoreError> {
        self.inner.copy(actor).await
    }

    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError> {
        self.inner.inspect(actor, reminders_max).await
    }

    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError> {
        self.inner.all_handled(actor, after, limit).await
    }

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        self.inner.handled(actor, id).await
    }

    async fn outbox(
        &self,
        shard: ShardId,
        after: Option<&OutboxKey>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.inner.outbox(shard, after, limit).await
    }

    async fn outbox_done(&self, keys: Vec<OutboxKey>) -> Result<(), StoreError> {
        self.inner.outbox_done(keys).await
    }

    async fn reminders_due(
        &self,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        self.inner.reminders_due(until_ms, limit).await
    }

    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.events(stream, key, after, limit).await
    }

    async fn stream_head(&self, stream: &str, key: &str) -> Result<u64, StoreError> {
        self.inner.stream_head(stream, key).await
    }

    async fn stream_heads(&self, stream: &str) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        self.inner.stream_heads(stream).await
    }

    async fn cursor(&self, subscriber: &str, stream: &str, key: &str) -> Result<u64, StoreError> {
        self.inner.cursor(subscriber, stream, key).await
    }

    async fn set_cursor(
        &self,
        subscriber: &str,
        stream: &str,
        key: &str,
        position: u64,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        inner.set_cursor(subscriber, stream, key, position).await
    }

    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError> {
        self.inner.add_dead_letter(letter).await
    }

    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        self.inner.dead_letters(after, limit).await
    }

    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        self.inner.dead_letter(id).await
    }

    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError> {
        self.inner.remove_dead_letter(id).await
    }

    async fn meta(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        self.inner.meta(name).await
    }

    async fn change_metas(&self, changes: Vec<MetaChange>) -> Result<(), StoreError> {
        self.inner.change_metas(changes).await
    }

    async fn metas(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        self.inner.metas(prefix, after, limit).await
    }

    async fn expire(
        &self,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.inner.expire(now_ms, events, limit).await
    }
}
