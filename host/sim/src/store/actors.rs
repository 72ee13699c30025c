//! Opening and committing, with what goes wrong in it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use pizza_store::{
    ActorStore, Commit, CommitError, CommitTicket, Committed, EntryView, InspectionStore as _,
    Members, Opened, Store as _, StoreError, StoredReply,
};
use pizza_types::{ActorId, MessageId, SiloId};

use super::SimStore;
use crate::planted::Planted;

#[async_trait]
impl ActorStore for SimStore {
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError> {
        self.trip().await?;
        if self.planted == Planted::StaleOwnerBelieved
            && let Some(stored) = self.opened.lock().get(actor)
        {
            return Ok(Opened::Opened(Box::new(stored.clone())));
        }
        if let Some(detail) = self.refusal(actor) {
            let action = "opening an actor";
            return Err(StoreError::Io { action, detail });
        }
        let opened = self.inner.open(actor, by, members).await;
        if let Ok(Opened::Opened(stored)) = &opened {
            let epoch = stored.record.epoch;
            self.trace
                .note(|| format!("open {actor} by {by}, epoch {epoch}"));
            self.opened.lock().insert(actor.clone(), (**stored).clone());
        }
        self.trip().await?;
        opened
    }

    fn entries(&self, actor: &ActorId) -> Result<Arc<dyn EntryView>, StoreError> {
        self.inner.entries(actor)
    }

    fn commit(&self, commit: Arc<Commit>) -> CommitTicket {
        let unknown = |detail: &str| CommitError::Unknown {
            detail: detail.to_owned(),
        };
        let (takes, comes_back) = (self.takes(), self.takes());
        let is_away = self.away.load(Ordering::Relaxed);
        let is_lost = is_away || self.is_now(self.odds.commit_lost);
        let is_answer_lost = self.is_now(self.odds.answer_lost);
        if is_lost {
            return CommitTicket::undecided(async move {
                tokio::time::sleep(takes + comes_back).await;
                Err(unknown("the request was lost"))
            });
        }
        if let Some(detail) = self.refusal(&commit.actor) {
            return CommitTicket::undecided(async move {
                tokio::time::sleep(takes + comes_back).await;
                Err(CommitError::Refused { detail })
            });
        }
        if self.planted == Planted::AcknowledgedEarly && self.is_now(30) {
            let durability = self.inner.durability();
            let log = None;
            return CommitTicket::undecided(async move { Ok(Committed { durability, log }) });
        }
        let written = self.write(commit, !is_answer_lost);
        CommitTicket::undecided(async move {
            tokio::time::sleep(takes).await;
            let outcome = written.await;
            tokio::time::sleep(comes_back).await;
            if is_answer_lost {
                return Err(unknown("the answer was lost"));
            }
            outcome
        })
    }

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        self.trip().await?;
        if self.planted == Planted::NoDedupe {
            return Ok(None);
        }
        self.inner.handled(actor, id).await
    }
}

impl SimStore {
    fn write(&self, commit: Arc<Commit>, is_told: bool) -> CommitTicket {
        let commit = match self.planted {
            Planted::NoDedupe => Arc::new(Commit {
                handled: None,
                ..Arc::unwrap_or_clone(commit)
            }),
            Planted::EpochUnchecked | Planted::ResendAppliedTwice => self.bent(commit),
            _ => commit,
        };
        let (actor, epoch, version) = (commit.actor.clone(), commit.epoch, commit.version);
        let ticket = self.inner.commit(Arc::clone(&commit));
        let outcome = futures_now(ticket);
        let outcome = outcome.expect("the store in memory decides at once");
        let is_taken = outcome.is_ok();
        self.rollback.decided(actor.shard(), is_taken, is_told);
        self.trace.note(|| {
            let id = commit.handled.as_ref().map(|handled| handled.id);
            let refused = outcome.as_ref().err().map(ToString::to_string);
            format!(
                "commit {actor} {epoch}.{version} by {} of {id:?}: {}",
                commit.owner,
                refused.as_deref().unwrap_or("taken")
            )
        });
        let ticket = CommitTicket::undecided(std::future::ready(outcome));
        self.applied.lock().insert(actor, version);
        if self.planted == Planted::PublishedEarly && !commit.leaving.is_empty() {
            return self.published_early(commit, ticket);
        }
        ticket
    }

    /// The commit as it would have to be to be taken, where it is not.
    fn bent(&self, commit: Arc<Commit>) -> Arc<Commit> {
        let record = futures_now(self.inner.record(&commit.actor));
        let Some(Ok(Some(record))) = record else {
            return commit;
        };
        let is_again = self.applied.lock().get(&commit.actor) == Some(&commit.version)
            && record.version > commit.version
            && record.epoch == commit.epoch;
        let is_fenced = record.epoch != commit.epoch;
        let bends = match self.planted {
            Planted::ResendAppliedTwice => is_again,
            _ => is_fenced,
        };
        if !bends {
            return commit;
        }
        Arc::new(Commit {
            epoch: record.epoch,
            version: record.version,
            owner: record.owner,
            handled: None,
            ..Arc::unwrap_or_clone(commit)
        })
    }

    /// What leaves a commit that is refused leaves all the same.
    fn published_early(&self, commit: Arc<Commit>, ticket: CommitTicket) -> CommitTicket {
        let inner = Arc::clone(&self.inner);
        CommitTicket::undecided(async move {
            let outcome = ticket.await;
            if outcome.is_err() {
                let mut ghost = Arc::unwrap_or_clone(commit);
                let record = inner.record(&ghost.actor).await.ok().flatten();
                if let Some(record) = record {
                    (ghost.epoch, ghost.version) = (record.epoch, record.version);
                    ghost.owner = record.owner;
                    ghost.state = pizza_types::StateWrite::Keep;
                    ghost.handled = None;
                    ghost.reminders = Vec::new();
                    // Its own name for it, as if it were another message.
                    for message in &mut ghost.leaving.messages {
                        message.id = MessageId::derive("ghost", &[&message.id.0]);
                    }
                    let _ = inner.commit(Arc::new(ghost)).await;
                }
            }
            outcome
        })
    }
}

/// What a future of the store in memory comes to, which never waits.
fn futures_now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}
