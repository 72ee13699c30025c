//! Timers: exact and cheap, in memory only. A timer is armed when the turn that set it
//! is durable. One that is refused for a reason which says nothing of its actor, a store that is full
//! or a mailbox, is tried again; a periodic one at its next time.

pub(crate) mod worker;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_clock::Moment;
use pizza_types::ActorId;

use crate::alarms::Alarms;

/// A timer that a turn sets or cancels.
pub(crate) struct TimerChange {
    pub(crate) name: Arc<str>,
    /// Delay and period, both in milliseconds; `None` cancels.
    pub(crate) set: Option<(u64, Option<u64>)>,
}

/// The timers of all actors in memory.
#[derive(Default)]
pub(crate) struct Timers {
    armed: Mutex<Armed>,
    /// A cancelled timer's alarm stays in here until its time, and then fires nothing.
    alarms: Alarms<Firing>,
}

#[derive(Default)]
struct Armed {
    timers: HashMap<ActorId, HashMap<Arc<str>, Timer>>,
    set_so_far: u64,
}

struct Timer {
    /// Tells this timer from an earlier one of the same name.
    number: u64,
    due_ms: u64,
    period_ms: Option<u64>,
    /// How often its one firing was refused.
    refused: u32,
}

#[derive(Clone)]
struct Firing {
    actor: ActorId,
    name: Arc<str>,
    number: u64,
}

impl Timers {
    /// The delay is counted from `begun`, when the turn that set it began.
    pub(crate) fn apply(&self, begun: Moment, actor: &ActorId, change: TimerChange) {
        let TimerChange { name, set } = change;
        let Some((delay_ms, period_ms)) = set else {
            return self.cancel(actor, &name);
        };
        let due_ms = begun.now_ms.saturating_add(delay_ms);
        let mut armed = self.armed.lock();
        armed.set_so_far += 1;
        let number = armed.set_so_far;
        let timer = Timer {
            number,
            due_ms,
            period_ms,
            refused: 0,
        };
        let timers = armed.timers.entry(actor.clone()).or_default();
        timers.insert(Arc::clone(&name), timer);
        drop(armed);
        let actor = actor.clone();
        self.alarms.set(
            due_ms,
            Firing {
                actor,
                name,
                number,
            },
        );
    }

    fn cancel(&self, actor: &ActorId, name: &str) {
        let mut armed = self.armed.lock();
        if let Some(timers) = armed.timers.get_mut(actor) {
            timers.remove(name);
            if timers.is_empty() {
                armed.timers.remove(actor);
            }
        }
    }

    /// Forgets all timers of an actor that starts over, or lives elsewhere now.
    pub(crate) fn forget(&self, actor: &ActorId) {
        self.armed.lock().timers.remove(actor);
    }

    /// Whether the actor has any.
    pub(crate) fn has(&self, actor: &ActorId) -> bool {
        self.armed.lock().timers.contains_key(actor)
    }

    /// Whether the firing still counts; a periodic timer is armed for its next time. Another one
    /// stays until it is [`done`](Self::done), so that it can be cancelled, or be set anew, while it
    /// is tried.
    fn fires(&self, firing: &Firing) -> bool {
        let mut armed = self.armed.lock();
        let timers = armed.timers.get_mut(&firing.actor);
        let Some(timer) = timers.and_then(|timers| timers.get_mut(&firing.name)) else {
            return false;
        };
        if timer.number != firing.number {
            return false;
        }
        let Some(period_ms) = timer.period_ms else {
            return true;
        };
        // From when it was due, not from now: a late firing must not make the next ones later.
        timer.due_ms = timer.due_ms.saturating_add(period_ms.max(1));
        let due_ms = timer.due_ms;
        drop(armed);
        self.alarms.set(due_ms, firing.clone());
        true
    }

    /// The actor has had its say: a timer that fires once is over, unless it was set anew.
    fn done(&self, firing: &Firing) {
        let mut armed = self.armed.lock();
        let Some(timers) = armed.timers.get_mut(&firing.actor) else {
            return;
        };
        let is_over = |timer: &Timer| timer.number == firing.number && timer.period_ms.is_none();
        if timers.get(&firing.name).is_some_and(is_over) {
            timers.remove(&firing.name);
            if timers.is_empty() {
                armed.timers.remove(&firing.actor);
            }
        }
    }

    /// How often the timer was refused, this time among them; `None` for one that is not to be tried
    /// again, because it was cancelled or set anew meanwhile, or comes by itself.
    fn refused(&self, firing: &Firing) -> Option<u32> {
        let mut armed = self.armed.lock();
        let timers = armed.timers.get_mut(&firing.actor)?;
        let timer = timers.get_mut(&firing.name)?;
        if timer.number != firing.number || timer.period_ms.is_some() {
            return None;
        }
        timer.refused += 1;
        Some(timer.refused)
    }
}
