//! Reminders: durable, never early, at least once. The row in the store is the truth;
//! what is due soon is also held here, so that nobody has to look for it.

pub(crate) mod horizon;
pub(crate) mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_clock::Moment;
use pizza_store::{Reminder, ReminderWrite};
use pizza_types::{ActorId, MessageId, MissedPolicy};

use crate::alarms::Alarms;
use crate::durable_clock::DurableClock;

/// What is due soon, and the alarms for it.
#[derive(Default)]
pub(crate) struct Reminders {
    window: Mutex<Window>,
    alarms: Alarms<Firing>,
}

/// What is due soon enough to be held in memory.
#[derive(Default)]
struct Window {
    /// Everything that is due up to this time of the durable clock is in `rows`.
    until_ms: u64,
    /// The reminders that commits have changed while rows are read, which is newer than any row;
    /// `None` while none are read.
    changed: Option<HashSet<(ActorId, Arc<str>)>>,
    rows: HashMap<(ActorId, Arc<str>), Held>,
}

struct Held {
    /// The reminder itself; its time is on the durable clock.
    reminder: Reminder,
    /// When it is due by the date as it was when the reminder was set, or read. This is the time
    /// that its actor sees.
    date_ms: u64,
}

/// A firing: the time of a reminder has come. It has the name, and the version of the commit that
/// set it.
struct Firing {
    actor: ActorId,
    name: Arc<str>,
    version: u64,
}

impl Reminders {
    /// A commit has set, replaced or removed a reminder, in a turn that began at `begun`.
    pub(crate) fn apply(
        &self,
        durable: DurableClock,
        actor: &ActorId,
        write: ReminderWrite,
        begun: Moment,
    ) {
        let key = (actor.clone(), write.name);
        let mut window = self.window.lock();
        // The reading of rows must not bring back what this commit replaces or removes.
        if let Some(changed) = &mut window.changed {
            changed.insert(key.clone());
        }
        match write.reminder {
            Some(reminder) if reminder.due_ms <= window.until_ms => {
                self.hold(&mut window, durable, key, reminder, begun);
            }
            // Removed, or due so late that the store alone holds it.
            _ => {
                window.rows.remove(&key);
            }
        }
    }

    fn hold(
        &self,
        window: &mut Window,
        durable: DurableClock,
        key: (ActorId, Arc<str>),
        reminder: Reminder,
        at: Moment,
    ) {
        let (actor, name) = key.clone();
        let firing = Firing {
            actor,
            name,
            version: reminder.version,
        };
        let due_now_ms = durable.now_of(reminder.due_ms);
        let date_ms = durable.date_of(reminder.due_ms, at);
        window.rows.insert(key, Held { reminder, date_ms });
        self.alarms.set(due_now_ms, firing);
    }

    /// The reminder that fires, if it is still the one that was set then, and its date.
    fn fires(&self, firing: &Firing) -> Option<(Reminder, u64)> {
        let window = self.window.lock();
        let held = window
            .rows
            .get(&(firing.actor.clone(), Arc::clone(&firing.name)))?;
        let is_it = held.reminder.version == firing.version;
        is_it.then(|| (held.reminder.clone(), held.date_ms))
    }

    pub(crate) fn len(&self) -> usize {
        self.alarms.len()
    }
}

/// Each time that a reminder is set makes a firing of its own, however soon it is due: the
/// commit's version tells it from the one before.
pub(crate) fn firing_id(actor: &ActorId, name: &str, version: u64) -> MessageId {
    let actor = actor.to_string();
    let parts: [&[u8]; 3] = [actor.as_bytes(), name.as_bytes(), &version.to_le_bytes()];
    MessageId::derive("reminder", &parts)
}

/// The reminder as it fires again, after a firing that stood for so many missed ones; `None` when
/// it never does. `version` is that of the commit which moves it on.
pub(crate) fn next(reminder: &Reminder, missed: u32, version: u64) -> Option<Reminder> {
    // A period of 0 would fire for ever at the same time.
    let period_ms = reminder.period_ms?.max(1);
    let gone_by_ms = period_ms.saturating_mul(u64::from(missed) + 1);
    Some(Reminder {
        due_ms: reminder.due_ms.saturating_add(gone_by_ms),
        version,
        ..reminder.clone()
    })
}

/// Firings that an outage made the silo miss before the last one that is due.
fn missed(reminder: &Reminder, durable_ms: u64) -> u32 {
    let Some(period_ms) = reminder.period_ms else {
        return 0;
    };
    // Each of them is delivered by itself, so none stands for others.
    if reminder.policy == MissedPolicy::All {
        return 0;
    }
    let periods = durable_ms.saturating_sub(reminder.due_ms) / period_ms.max(1);
    u32::try_from(periods).unwrap_or(u32::MAX)
}
