//! Looking at actors.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::{ActorRecord, HandledRow, Inspected, InspectionStore, StoreError, StoredActor};
use pizza_types::{ActorId, MessageId};

use super::{EmbeddedStore, scan};
use crate::{key, read};

#[async_trait]
impl InspectionStore for EmbeddedStore {
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        read::actors(&self.view()?, actor_type, after, limit).await
    }

    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError> {
        read::record(&self.view_with_openings().await?, &key::actor(actor))
    }

    async fn copy(&self, actor: &ActorId) -> Result<Option<StoredActor>, StoreError> {
        read::copy(&self.view_with_openings().await?, &key::actor(actor))
    }

    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError> {
        let (view, actor) = (self.view_with_openings().await?, key::actor(actor));
        scan(move || read::inspect(&view, &actor, reminders_max)).await
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
}
