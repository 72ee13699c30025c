//! An actor that leaves memory is told so. It can change nothing any more.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use pizza_guest::What;
use pizza_types::{ActorId, Body};

use crate::activation::Activation;
use crate::actor_loop::turn_input;
use crate::clock::Moment;
use crate::silo::Core;

/// Actors told at once when a silo drains.
const AT_ONCE: usize = 32;

/// Runs the hook; what it returns interests nobody, and neither does it hold up anything.
pub(crate) async fn run(core: Arc<Core>, id: ActorId, activation: Box<Activation>) {
    let schema = activation.state.as_ref().map(|state| state.schema);
    let Ok(actor_type) = core.catalog.get(&id, schema) else {
        return;
    };
    if !actor_type.module.hooks().deactivate {
        return;
    }
    let name = "deactivate".into();
    let begun = Moment::of(&*core.clock);
    let envelope = core.internal(&id, Body::Timer { name });
    let turn = turn_input(&core, &activation, &envelope, begun, What::Deactivate);
    match actor_type.module.run(turn).await {
        Ok(outcome) => {
            let committed = pizza_guest::log::Turn::Committed;
            pizza_guest::log::write(&id, &outcome.logs, committed);
        }
        Err(error) => {
            tracing::warn!(actor = %id, %error, "an actor failed while it was put to rest")
        }
    }
}

/// Puts every actor to rest that is not at work.
pub(crate) async fn all(core: &Arc<Core>) {
    let resting = stream::iter(core.slots.at_rest());
    resting
        .for_each_concurrent(AT_ONCE, async |(id, _, _)| {
            let evicted = core.slots.evict(&id, u64::MAX);
            if let Some(activation) = evicted.and_then(|evicted| evicted.activation) {
                run(Arc::clone(core), id, activation).await;
            }
        })
        .await;
}
