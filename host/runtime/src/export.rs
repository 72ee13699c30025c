//! Actors of a type as they are, one page after the other, for somebody to keep elsewhere.

use std::sync::Arc;

use pizza_store::StoredActor;
use pizza_types::{ActorId, CallError};

use crate::copied;
use crate::core::store_error;
use crate::silo::Silo;

/// A page of actors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub actors: Vec<(ActorId, StoredActor)>,
    /// The key behind which the next page begins; `None` with the last page.
    pub next: Option<Arc<str>>,
}

impl Silo {
    /// Copies of a type's actors behind the key `after`, in an order that stays: no more than
    /// `limit` of them, and no more once they have `bytes_max` bytes. Each is from one moment,
    /// all of them are not.
    ///
    /// # Errors
    /// When there is no such actor type, or the store cannot be read.
    pub async fn export(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Exported, CallError> {
        // A type that is mistyped is an error, and not one without actors.
        if self.core.catalog.find(actor_type).is_none() {
            let (actor_type, known) = (actor_type.to_owned(), self.core.catalog.names().join(", "));
            return Err(CallError::UnknownType { actor_type, known });
        }
        let store = &self.core.store;
        let keys = store.actors(actor_type, after, limit).await;
        let keys = keys.map_err(store_error)?;
        let mut next = keys.last().filter(|_| keys.len() == limit).cloned();
        let (mut actors, mut bytes) = (Vec::new(), 0);
        for key in keys {
            // At least one, however large: else there would be no way past it.
            if bytes >= bytes_max {
                next = actors
                    .last()
                    .map(|(id, _): &(ActorId, _)| Arc::clone(id.key()));
                break;
            }
            let id = ActorId::new(actor_type, key)?;
            let copy = store.copy(&id).await.map_err(store_error)?;
            // It may have gone since the list was made.
            if let Some(mut stored) = copy {
                bytes += copied::size(&stored);
                copied::date(&self.core, &mut stored);
                actors.push((id, stored));
            }
        }
        Ok(Exported { actors, next })
    }
}
