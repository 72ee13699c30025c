//! Opening actors, and commits.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::entries::OPENED;
use pizza_store::{
    ActorStore, Commit, CommitError, CommitTicket, EntryView, Members, Opened, StoreError,
    StoredReply, Tail,
};
use pizza_types::{ActorId, MessageId, SiloId};

use super::{EmbeddedStore, admission, written};
use crate::committer::{OpenedHead, Prepared};
use crate::entries::StoredEntries;
use crate::reserve::Need;
use crate::table::Table;
use crate::view::View;
use crate::{actor_row, key, read, row};

#[async_trait]
impl ActorStore for EmbeddedStore {
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError> {
        self.admit(Need::Little)?;
        let key = key::actor(actor);
        Ok(match self.committer.open(key.clone(), by, members)? {
            OpenedHead::Absent { epoch } => Opened::Absent { epoch },
            OpenedHead::Retired { at_ms } => Opened::Retired { at_ms },
            OpenedHead::Moved { owner, epoch } => Opened::Moved { owner, epoch },
            // Nobody else can commit now, so what is read fits the head.
            OpenedHead::Opened(head) => {
                let view = View::now(&self.memory);
                let state = actor_row::read(&view, &key)?.and_then(|(_, state)| state);
                let record = head.with_state(state);
                Opened::Opened(Box::new(read::stored(&view, &key, record, OPENED)?))
            }
        })
    }

    fn entries(&self, actor: &ActorId) -> Result<Arc<dyn EntryView>, StoreError> {
        self.poison.check()?;
        // Of what is staged, for an opening is answered as soon as it is, and shows what is. Who
        // reads it has something staged behind it, or waits before anything leaves.
        let view = View::staged(&self.memory, self.committer.sequence());
        Ok(Arc::new(StoredEntries::new(view, actor)))
    }

    fn commit(&self, commit: Arc<Commit>) -> CommitTicket {
        let key = key::actor(&commit.actor);
        let prepared = Prepared::new(commit, &key);
        if let Err(StoreError::Full { detail }) = self.admit(admission::of_commit(&prepared)) {
            return CommitTicket::refused(CommitError::Full { detail });
        }
        let (committed, written) = match self.committer.commit(prepared, key) {
            Ok(staged) => staged,
            Err(error) => return CommitTicket::refused(error),
        };
        CommitTicket::staged(async {
            let unknown = |detail| Err(CommitError::Unknown { detail });
            match written.await {
                Ok(Ok(())) => Ok(committed),
                Ok(Err(reason)) => unknown(reason),
                Err(_) => unknown(String::from("the store has ended")),
            }
        })
    }

    fn tail(&self) -> Option<Tail> {
        let tail = self.committer.tail()?;
        Some(Box::pin(written(((), tail))))
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
