//! The hook that runs when an actor leaves memory. The actor can change nothing any more.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use pizza_clock::Moment;
use pizza_guest::Invocation;
use pizza_types::ActorId;

use crate::activation::Activation;
use crate::core::Core;
use crate::guest_turn;

/// The number of actors that are put to rest at once when a silo drains; there may be a million
/// in all.
const AT_ONCE: usize = 32;

/// Runs the hook `lifecycle.deactivate`. What it returns is dropped, and nothing waits for it.
pub(crate) async fn run(core: Arc<Core>, id: ActorId, activation: Box<Activation>) {
    let schema = activation.state.as_ref().map(|state| state.schema);
    let Ok(deployment) = core.catalog.get(&id, schema) else {
        return;
    };
    if !deployment.guest.hooks().deactivate {
        return;
    }
    let begun = Moment::of(&*core.clock);
    let turn = guest_turn::for_hook(&core, &id, &activation, begun, Invocation::Deactivate);
    match deployment.guest.run(turn).await {
        Ok(outcome) => {
            let committed = pizza_guest::log::Turn::Committed;
            pizza_guest::log::write(&id, &outcome.logs, committed);
        }
        Err(error) => {
            tracing::warn!(actor = %id, %error, "an actor failed while it was put to rest")
        }
    }
}

/// Takes an actor out of memory that has ended and has nothing to do. Its timers go with it; its
/// reminders stay, and so does whatever else the store has of it.
pub(crate) fn ended(core: &Arc<Core>, id: &ActorId) {
    // If a message came meanwhile, it stays until that is handled.
    let Some(evicted) = core.slots.evict(id, u64::MAX) else {
        return;
    };
    core.timers.forget(id);
    if let Some(activation) = evicted.activation {
        tokio::spawn(run(Arc::clone(core), id.clone(), activation));
    }
}

/// Puts every actor to rest that is not at work.
pub(crate) async fn all(core: &Arc<Core>) {
    let resting = stream::iter(core.slots.at_rest());
    resting
        .for_each_concurrent(AT_ONCE, async |(id, _, _)| {
            // It may have been given work since the list was made: then it stays.
            let evicted = core.slots.evict(&id, u64::MAX);
            if let Some(activation) = evicted.and_then(|evicted| evicted.activation) {
                run(Arc::clone(core), id, activation).await;
            }
        })
        .await;
}
