//! An actor changes its silo while both live. Its owner lets it go while it is at rest, and whoever is to
//! have it opens it in the store under the condition that the record still shows the epoch that the owner
//! has let go of: an owner that opens it again meanwhile raises that, and keeps it. Nothing is written
//! for it, so that a silo with a million actors leaves as fast as one without any.
//!
//! After a silo has joined, the others let go of what is not theirs any more at a bounded rate; whoever
//! asks next finds it at its new home.

use std::sync::Arc;

use pizza_cluster::{Request, Response};
use pizza_types::{ActorId, SiloId};

use crate::core::Core;
use crate::deactivate;
use crate::metrics;
use crate::moves::STEP_MS;

/// How long an owner may take to say whether it lets an actor go, in milliseconds. It has to look
/// into a table only.
const ANSWER_MS: u64 = 1_000;
/// How often it is looked whether there are any, in milliseconds.
const LOOK_MS: u64 = 2_000;

impl Core {
    /// From now on so many actors a second leave that belong elsewhere.
    pub(crate) fn rebalance(&self, per_second: u64) {
        self.moves.set(per_second);
    }
}

/// Another silo wants an actor that this one owns by its record. True if it has it not in memory any
/// more: it cannot have it again without opening it, which raises the epoch.
pub(crate) fn release(core: &Arc<Core>, actor: &ActorId) -> bool {
    if !core.is_stopping() && !core.is_misplaced(actor) {
        return false;
    }
    match core.slots.is_at_work(actor) {
        None => true,
        Some(true) => false,
        Some(false) => {
            let may_leave = core.is_stopping() || core.moves.may_leave(core.clock.now_ms());
            may_leave && part_with(core, actor)
        }
    }
}

/// Takes an actor at rest out of memory. Its timers end with it; while the silo stays, whoever has some
/// keeps its place.
fn part_with(core: &Arc<Core>, actor: &ActorId) -> bool {
    let stays = !core.is_stopping() && !core.membership.is_leaving();
    if stays && core.timers.has(actor) {
        return false;
    }
    let Some(evicted) = core.slots.evict(actor, u64::MAX) else {
        return false;
    };
    core.timers.forget(actor);
    metrics::actor_left();
    if let Some(activation) = evicted.activation {
        tokio::spawn(deactivate::run(Arc::clone(core), actor.clone(), activation));
    }
    true
}

/// Asks the owner of an actor to let it go, where it belongs to this silo and not to its owner.
pub(crate) async fn is_released(
    core: &Arc<Core>,
    actor: &ActorId,
    owner: &SiloId,
    epoch: u64,
) -> bool {
    let known = core.membership.known();
    let is_here = known.view.members.contains_key(owner);
    // Between two silos that will do, whoever has it keeps it.
    let fits = |silo| core.fits(actor, silo, &known);
    if !is_here || fits(owner) || !fits(core.membership.me()) {
        return false;
    }
    let (actor, until_ms) = (actor.clone(), core.clock.now_ms() + ANSWER_MS);
    tokio::select! {
        biased;
        answer = core.network.ask(owner, Request::Release { actor, epoch }) => {
            matches!(answer, Ok(Response::Done))
        }
        () = core.clock.sleep_until(until_ms) => false,
    }
}

/// Lets go of actors that belong elsewhere, until the silo stops.
pub(crate) async fn run(core: Arc<Core>) {
    let mut changes = core.membership.changes();
    loop {
        changes.borrow_and_update();
        let (me, known) = (core.membership.me(), core.membership.known());
        let is_misplaced = |actor: &ActorId, _| !core.fits(actor, me, &known);
        let (_, misplaced) = core.slots.idle(is_misplaced);
        for (actor, _, _) in misplaced {
            while !core.moves.may_leave(core.clock.now_ms()) {
                core.pause(STEP_MS).await;
            }
            // The view may have changed since, and somebody may have asked for it.
            if core.is_misplaced(&actor) && core.slots.is_at_work(&actor) == Some(false) {
                part_with(&core, &actor);
            }
        }
        tokio::select! {
            biased;
            _ = changes.changed() => {}
            () = core.moves.kicked() => {}
            () = core.pause(LOOK_MS) => {}
        }
    }
}
