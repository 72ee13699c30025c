//! What operators and modules look at. Looking changes nothing and opens nothing.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_types::{ActorId, MessageId};

use crate::actors::{ActorRecord, StoredActor};
use crate::error::StoreError;
use crate::reminders::Reminder;
use crate::reply::StoredReply;

/// An actor as a person sees it: all of it from one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    pub record: ActorRecord,
    /// How many entries there are.
    pub entries: usize,
    /// The reminders by name, no more than were asked for.
    pub reminders: Vec<(Arc<str>, Reminder)>,
}

/// A message that an actor has handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandledRow {
    pub id: MessageId,
    pub reply: StoredReply,
}

/// Looking at actors.
#[async_trait]
pub trait InspectionStore: Send + Sync + 'static {
    /// Keys of the actors of a type that have a record, in an order of the store's own that
    /// stays, after the key `after`. Meant for types with few actors and for operators: a
    /// store may have to look into every shard.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError>;

    /// The record as it is; `None` for an actor that has none.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError>;

    /// All of an actor, as one commit left it; `None` for an actor that has no record.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn copy(&self, actor: &ActorId) -> Result<Option<StoredActor>, StoreError>;

    /// What there is of an actor, with `reminders_max` reminders at most; `None` for an actor
    /// that has no record.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError>;

    /// What `actor` has handled and the store has not forgotten, after a message, by id.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError>;
}
