//! States that an older module cannot read.

use std::sync::Arc;

use pizza_guest::Entries;
use pizza_store::{InspectionStore, StoreError};
use pizza_types::{ActorId, ModuleDigest, State};

use crate::error::Refusal;
use crate::reading::Kept;

/// The number of keys in one read.
const PAGE: usize = 500;

/// The states of a type's actors, one by one.
pub(crate) struct States<'a> {
    store: &'a dyn InspectionStore,
    actor_type: &'a str,
    page: std::vec::IntoIter<Arc<str>>,
    last: Option<Arc<str>>,
}

impl<'a> States<'a> {
    pub(crate) fn of(store: &'a dyn InspectionStore, actor_type: &'a str) -> Self {
        Self {
            store,
            actor_type,
            page: Vec::new().into_iter(),
            last: None,
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<(ActorId, State)>, StoreError> {
        while let Some(actor) = self.actor().await? {
            let record = self.store.record(&actor).await?;
            if let Some(state) = record.and_then(|record| record.state) {
                return Ok(Some((actor, state)));
            }
        }
        Ok(None)
    }

    /// The next actor with its state and entries; also one that has entries alone.
    pub(crate) async fn next_whole(&mut self) -> Result<Option<(ActorId, Kept)>, StoreError> {
        while let Some(actor) = self.actor().await? {
            let Some(copy) = self.store.copy(&actor).await? else {
                continue;
            };
            let state = copy.record.state;
            if state.is_some() || !copy.entries.is_empty() {
                let entries = Entries::all(copy.entries.into_iter().collect());
                return Ok(Some((actor, Kept { state, entries })));
            }
        }
        Ok(None)
    }

    async fn actor(&mut self) -> Result<Option<ActorId>, StoreError> {
        loop {
            let Some(key) = self.page.next() else {
                let after = self.last.as_deref();
                let keys = self.store.actors(self.actor_type, after, PAGE).await?;
                let Some(last) = keys.last() else {
                    return Ok(None);
                };
                self.last = Some(Arc::clone(last));
                self.page = keys.into_iter();
                continue;
            };
            // A store gives back only what was an id once; a name that is none is passed over.
            if let Ok(actor) = ActorId::new(self.actor_type, key) {
                return Ok(Some(actor));
            }
        }
    }
}

/// Looks at every state of the type, for a module that knows layouts up to `knows`.
///
/// # Errors
/// When there are actors whose state has a layout above `knows`.
pub(crate) async fn refuse(
    store: &dyn InspectionStore,
    actor_type: &str,
    digest: ModuleDigest,
    knows: u32,
) -> Result<(), Refusal> {
    let (mut count, mut first) = (0, None);
    let mut states = States::of(store, actor_type);
    while let Some((actor, state)) = states.next().await? {
        // All are counted: "how many" decides whether an operator removes them or waits.
        if state.schema > knows {
            count += 1;
            first.get_or_insert((actor, state.schema));
        }
    }
    match first {
        None => Ok(()),
        Some((actor, found)) => Err(Refusal::NewerStates {
            count,
            example: actor.to_string(),
            found,
            digest,
            knows,
        }),
    }
}
