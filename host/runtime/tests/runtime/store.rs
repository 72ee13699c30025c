//! A store that can be told to hold commits back, to lose them, or to lose their answers.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_store::{
    ActorStore, Commit, CommitError, CommitTicket, Members, MemoryStore, Opened, StoreError,
    StoredReply,
};
use pizza_types::{ActorId, MessageId, SiloId};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitFault {
    Taken,
    /// Nothing is written, and the silo hears so.
    Refused,
    /// Nothing is written, and nobody knows; what comes behind it is taken.
    Lost,
    /// Everything is written, and nobody knows; what comes behind it is answered.
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
impl ActorStore for MoodyStore {
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError> {
        self.inner.open(actor, by, members).await
    }

    fn commit(&self, commit: Arc<Commit>) -> CommitTicket {
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
            CommitFault::Refused | CommitFault::Lost => None,
        };
        let mut held = self.held.subscribe();
        CommitTicket::undecided(async move {
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

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        self.inner.handled(actor, id).await
    }
}

pizza_store::delegate!(
    MoodyStore, inner: LogStore, ReminderStore, StreamStore, DeadLetterStore, FactStore,
    InspectionStore, Store
);
