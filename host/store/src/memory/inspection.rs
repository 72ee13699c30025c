//! Looking at actors.

use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::Arc;

use async_trait::async_trait;
use pizza_types::{ActorId, EntryLimit, MessageId};

use super::MemoryStore;
use crate::actors::{ActorRecord, StoredActor};
use crate::error::StoreError;
use crate::inspection::{HandledRow, Inspected, InspectionStore};
use crate::reply::StoredReply;

/// All of an actor, however much that is.
const EVERYTHING: EntryLimit = EntryLimit {
    entries: usize::MAX,
    bytes: usize::MAX,
};

#[async_trait]
impl InspectionStore for MemoryStore {
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        let tables = self.tables.lock();
        let ids = tables.actors.keys();
        let of_type = ids.filter(|id| &**id.actor_type() == actor_type);
        let later = of_type.filter(|id| after.is_none_or(|after| &**id.key() > after));
        Ok(later.map(|id| Arc::clone(id.key())).take(limit).collect())
    }

    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError> {
        let tables = self.tables.lock();
        let row = tables.actors.get(actor);
        Ok(row.map(|row| row.head.clone().with_state(row.state.clone())))
    }

    async fn copy(&self, actor: &ActorId) -> Result<Option<StoredActor>, StoreError> {
        Ok(self.tables.lock().stored(actor, EVERYTHING))
    }

    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError> {
        let tables = self.tables.lock();
        let Some(row) = tables.actors.get(actor) else {
            return Ok(None);
        };
        let reminders = tables.reminders_of(actor).take(reminders_max);
        let reminders = reminders.map(|(name, r)| (Arc::clone(name), r.clone()));
        Ok(Some(Inspected {
            record: row.head.clone().with_state(row.state.clone()),
            entries: row.entries.len(),
            reminders: reminders.collect(),
        }))
    }

    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError> {
        let tables = self.tables.lock();
        let start = match after {
            Some(after) => Excluded((actor.clone(), after)),
            None => Included((actor.clone(), MessageId([0; 16]))),
        };
        let own = tables.handled.range((start, Unbounded));
        let own = own.take_while(|((of, _), _)| of == actor);
        let row = |((_, id), reply): (&(ActorId, MessageId), &StoredReply)| HandledRow {
            id: *id,
            reply: reply.clone(),
        };
        Ok(own.take(limit).map(row).collect())
    }
}
