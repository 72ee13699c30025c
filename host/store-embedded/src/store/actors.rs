//! Opening actors, and commits.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::{
    ActorStore, Commit, CommitError, CommitTicket, Members, Opened, StoreError, StoredReply,
};
use pizza_types::{ActorId, MessageId, SiloId};
use tokio::sync::oneshot;

use super::EmbeddedStore;
use crate::committer::{Op, OpenedHead, Prepared};
use crate::table::Table;
use crate::view::View;
use crate::{key, read, row};

#[async_trait]
impl ActorStore for EmbeddedStore {
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError> {
        let key = key::actor(actor);
        let op = |answer| Op::Open {
            actor: key.clone(),
            by: by.clone(),
            members: members.clone(),
            answer,
        };
        Ok(match self.ask("open an actor", op).await? {
            OpenedHead::Absent => Opened::Absent,
            OpenedHead::Moved(owner) => Opened::Moved(owner),
            // Nobody else can commit now, so what is read fits the head.
            OpenedHead::Opened(head) => {
                let stored = read::stored(&View::now(&self.memory), &key, head)?;
                Opened::Opened(Box::new(stored))
            }
        })
    }

    fn commit(&self, commit: Arc<Commit>) -> CommitTicket {
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

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        let key = key::handled(&key::actor(actor), id);
        self.view()?
            .get_with(Table::Handled, &key, row::decode_reply)
    }
}
