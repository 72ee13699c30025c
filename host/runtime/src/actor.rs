//! One actor while it has work: its activation, and its turns in flight.

use std::sync::Arc;

use pizza_store::Opened;
use pizza_types::{ActorId, CallError};
use tokio::sync::Notify;

use crate::activation::Activation;
use crate::core::{Core, store_error};
use crate::deployment::Deployment;
use crate::hand_over;
use crate::pipeline::Pipeline;
use crate::slot::Slot;

/// The loop's own state: nobody else touches it, so it needs no lock.
pub(crate) struct Actor {
    pub(crate) core: Arc<Core>,
    pub(crate) slot: Arc<Slot>,
    pub(crate) arrival: Arc<Notify>,
    pub(crate) activation: Option<Box<Activation>>,
    pub(crate) pipeline: Pipeline,
}

impl Actor {
    /// The version of the staged state.
    pub(crate) fn version(&self) -> u64 {
        self.activation.as_ref().map_or(0, |a| a.version)
    }

    /// Opens the actor if it is not in memory, and tells which module is to answer: that
    /// depends on the layout of its state.
    ///
    /// # Errors
    /// When another silo has the actor, the store cannot be asked, or no module serves the type.
    pub(crate) async fn open(&mut self) -> Result<Arc<Deployment>, CallError> {
        if self.activation.is_none() {
            let (core, id) = (&self.core, &self.slot.id);
            // Without a lease this silo may be dead to the others, and its view be of the past.
            if !core.holds_lease() {
                return Err(no_lease());
            }
            let known = core.membership.known();
            let me = core.membership.me();
            let opened = core.store.open(id, me, &known.living).await;
            let mut opened = opened.map_err(store_error)?;
            if let Opened::Moved { owner, epoch } = &opened
                && hand_over::is_released(core, id, owner, *epoch).await
            {
                let mut members = known.living.clone();
                members.released = Some((owner.clone(), *epoch));
                let again = core.store.open(id, me, &members).await;
                opened = again.map_err(store_error)?;
            }
            if let Opened::Opened(stored) = &opened
                && let Some(module) = stored.record.module
            {
                core.catalog.is_served_by(id.actor_type(), module).await;
            }
            let activation = match opened {
                // Asking for an actor that has no record must not give it one.
                Opened::Absent { epoch } => Activation::absent(epoch),
                Opened::Opened(stored) => Activation::new(*stored),
                Opened::Moved { owner, .. } => {
                    core.owners.learn(id, owner);
                    return Err(CallError::Moved);
                }
                Opened::Retired { .. } => return Err(retired(id)),
            };
            core.owners.forget(id);
            self.pipeline = Pipeline::new(&self.core, activation.version);
            self.activation = Some(Box::new(activation));
        }
        let state = self.activation.as_ref().and_then(|a| a.state.as_ref());
        let schema = state.map(|state| state.schema);
        self.core.catalog.get(&self.slot.id, schema)
    }
}

/// Why a silo that has lost touch with the others does nothing new.
pub(crate) fn no_lease() -> CallError {
    CallError::Unreachable {
        detail: "this silo has no lease at the moment: it has lost touch with the membership store"
            .to_owned(),
    }
}

pub(crate) fn retired(actor: &ActorId) -> CallError {
    let actor = actor.to_string();
    CallError::Retired { actor }
}
