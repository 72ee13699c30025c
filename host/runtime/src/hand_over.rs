//! An actor changes its silo while both live. Its owner lets it go while it is at rest, and whoever is to
//! have it opens it in the store under the condition that the record still shows the epoch that the owner
//! has let go of: an owner that opens it again meanwhile raises that, and keeps it. Nothing is written
//! for it, so that a silo with a million actors leaves as fast as one without any.
//!
//! After a silo has joined, the others let go of what is not theirs any more at a bounded rate; whoever
//! asks next finds it at its new home.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use pizza_cluster::{Load, Request, Response};
use pizza_types::{ActorId, SiloId};
use tokio::sync::Notify;

use crate::core::Core;
use crate::deactivate;

/// How long an owner may take to say whether it lets an actor go, in milliseconds. It has to look
/// into a table only.
const ANSWER_MS: u64 = 1_000;
/// How often some are let go of, in milliseconds.
const STEP_MS: u64 = 100;
/// How often it is looked whether there are any, in milliseconds.
const LOOK_MS: u64 = 2_000;

/// How fast actors may leave this silo while it stays.
pub(crate) struct Moves {
    per_second: AtomicU64,
    /// How many may leave at once, in thousandths of an actor, and when that was counted.
    allowance: Mutex<(u64, u64)>,
    /// There may be some to let go of.
    kicked: Notify,
}

impl Moves {
    pub(crate) fn new(per_second: u64) -> Self {
        Self {
            per_second: AtomicU64::new(per_second),
            allowance: Mutex::new((0, 0)),
            kicked: Notify::new(),
        }
    }

    /// Whether one more may leave now.
    fn may_leave(&self, now_ms: u64) -> bool {
        let per_second = self.per_second.load(Ordering::Relaxed);
        let mut allowance = self.allowance.lock();
        let (thousandths, counted_ms) = *allowance;
        let gained = now_ms.saturating_sub(counted_ms).saturating_mul(per_second);
        // What was not used for longer than a step is lost: a burst would be felt by those who ask.
        let most = (per_second * STEP_MS).max(1_000);
        let has = thousandths.saturating_add(gained).min(most);
        let leaves = has >= 1_000;
        *allowance = (if leaves { has - 1_000 } else { has }, now_ms);
        leaves
    }
}

impl Core {
    /// Whether an actor belongs to another silo than this one, if it is free to choose.
    fn is_misplaced(&self, actor: &ActorId) -> bool {
        !self.membership.guards(actor.shard())
    }

    /// How many actors this silo has, and how many of them belong to others.
    pub(crate) fn load(&self) -> Load {
        let in_memory = self.slots.len();
        let mut misplaced = 0;
        self.slots
            .each(|actor| misplaced += usize::from(self.is_misplaced(actor)));
        Load {
            in_memory,
            misplaced,
        }
    }

    /// From now on so many actors a second leave that belong elsewhere.
    pub(crate) fn rebalance(&self, per_second: u64) {
        self.moves.per_second.store(per_second, Ordering::Relaxed);
        self.moves.kicked.notify_one();
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
            may_leave && let_go(core, actor)
        }
    }
}

/// Takes an actor at rest out of memory. Its timers end with it; while the silo stays, whoever has some
/// keeps its place.
fn let_go(core: &Arc<Core>, actor: &ActorId) -> bool {
    let stays = !core.is_stopping() && !core.membership.is_leaving();
    if stays && core.timers.has(actor) {
        return false;
    }
    let Some(evicted) = core.slots.evict(actor, u64::MAX) else {
        return false;
    };
    core.timers.forget(actor);
    if let Some(activation) = evicted.activation {
        tokio::spawn(deactivate::run(Arc::clone(core), actor.clone(), activation));
    }
    true
}

/// Asks the owner of an actor to let it go, where this silo is its home, or the owner is about to leave.
pub(crate) async fn is_released(
    core: &Arc<Core>,
    actor: &ActorId,
    owner: &SiloId,
    epoch: u64,
) -> bool {
    let known = core.membership.known();
    let is_here = known.view.members.contains_key(owner);
    if !is_here || core.is_misplaced(actor) {
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
        let (_, misplaced) = core.slots.idle(|actor, _| core.is_misplaced(actor));
        for (actor, _, _) in misplaced {
            while !core.moves.may_leave(core.clock.now_ms()) {
                core.pause(STEP_MS).await;
            }
            // The view may have changed since, and somebody may have asked for it.
            if core.is_misplaced(&actor) && core.slots.is_at_work(&actor) == Some(false) {
                let_go(&core, &actor);
            }
        }
        tokio::select! {
            biased;
            _ = changes.changed() => {}
            () = core.moves.kicked.notified() => {}
            () = core.pause(LOOK_MS) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_leave_than_may() {
        let moves = Moves::new(50);
        let left = (1_000..11_000_u64)
            .filter(|now_ms| moves.may_leave(*now_ms))
            .count();
        assert!((495..=510).contains(&left), "{left} in ten seconds");
        moves.per_second.store(0, Ordering::Relaxed);
        let left = (11_000..21_000_u64)
            .filter(|now_ms| moves.may_leave(*now_ms))
            .count();
        assert!(left <= 5, "{left} of what was left over");
    }
}
