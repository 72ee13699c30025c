//! What a guest is handed for a turn: made of the actor in memory and of what it is asked.

use std::sync::Arc;

use pizza_clock::Moment;
use pizza_guest::{Calls, Invocation, NoCalls, Turn};
use pizza_types::{ActorId, Envelope};

use crate::activation::Activation;
use crate::core::Core;
use crate::deliver::unnamed;

/// The turn in which a message is handled, or state is migrated for one.
pub(crate) fn for_message(
    core: &Core,
    activation: &Activation,
    envelope: &Envelope,
    begun: Moment,
    invocation: Invocation,
    calls: Arc<dyn Calls>,
) -> Turn {
    Turn {
        actor: envelope.target.clone(),
        invocation,
        message_id: envelope.id,
        caller: envelope.caller.clone(),
        // The date, not the silo's own clock: guests store times, and people read them.
        now_ms: begun.wall_ms,
        random_seed: core.entropy.next(),
        trace: envelope.trace.clone(),
        // Those who wait for an answer must not wait for an instance that they themselves hold
        // up.
        depth: envelope.chain.depth(),
        deadline_ms_left: envelope.deadline_ms.saturating_sub(core.clock.now_ms()),
        state: activation.state.clone(),
        entries: activation.entries(&*core.store, &envelope.target),
        calls,
    }
}

/// The turn of a hook. No message stands behind it, so it has no caller and can ask nobody.
pub(crate) fn for_hook(
    core: &Core,
    actor: &ActorId,
    activation: &Activation,
    begun: Moment,
    invocation: Invocation,
) -> Turn {
    Turn {
        actor: actor.clone(),
        invocation,
        message_id: unnamed(),
        caller: None,
        now_ms: begun.wall_ms,
        random_seed: core.entropy.next(),
        trace: None,
        depth: 0,
        deadline_ms_left: core.policy(actor.actor_type()).delivery_ms,
        state: activation.state.clone(),
        entries: activation.entries(&*core.store, actor),
        calls: Arc::new(NoCalls),
    }
}
