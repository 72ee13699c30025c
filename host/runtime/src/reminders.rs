//! Reminders: durable, never early, at least once. The row in the store is the truth;
//! what is due soon is also held here, so that nobody has to look for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::{Reminder, StoreError};
use pizza_types::{ActorId, Body, Envelope, MessageId, MissedPolicy};

use crate::alarm::Alarms;
use crate::clock::Moment;
use crate::date::Steps;
use crate::silo::Core;
use crate::stage::ReminderChange;
use crate::supervise::{self, Verdict};

/// Rows read at a time.
const PAGE: usize = 1_000;

#[derive(Default)]
pub(crate) struct Reminders {
    soon: Mutex<Soon>,
    alarms: Alarms<Ring>,
}

#[derive(Default)]
struct Soon {
    /// Everything due before this date is in `rows`. It never goes back.
    until_ms: u64,
    horizon_ms: u64,
    steps: Steps,
    /// While rows are read: what commits have changed since, which is newer than any row.
    changed: Option<HashSet<(ActorId, Arc<str>)>>,
    rows: HashMap<(ActorId, Arc<str>), Held>,
}

struct Held {
    reminder: Reminder,
    /// When it is due on the clock that never goes back.
    due_now_ms: u64,
}

struct Ring {
    actor: ActorId,
    name: Arc<str>,
    version: u64,
    due_now_ms: u64,
}

impl Reminders {
    /// A commit has set, replaced or removed a reminder, in a turn that began at `begun`.
    pub(crate) fn apply(&self, actor: &ActorId, change: ReminderChange, begun: Moment) {
        let ReminderChange { write, due_now_ms } = change;
        let key = (actor.clone(), write.name);
        let mut soon = self.soon.lock();
        if let Some(changed) = &mut soon.changed {
            changed.insert(key.clone());
        }
        let is_soon = due_now_ms <= begun.now_ms.saturating_add(soon.horizon_ms);
        // The date was set, and nobody has looked since: what is set from now on must not be
        // taken for what was set before.
        let is_after_a_step = soon.steps.is_set(begun);
        match write.reminder {
            Some(reminder) if is_soon || is_after_a_step || reminder.due_ms <= soon.until_ms => {
                let held = Held {
                    reminder,
                    due_now_ms,
                };
                self.hold(&mut soon, key, held);
            }
            _ => drop(soon.rows.remove(&key)),
        }
    }

    fn hold(&self, soon: &mut Soon, key: (ActorId, Arc<str>), held: Held) {
        let (actor, name) = key.clone();
        let (version, due_now_ms) = (held.reminder.version, held.due_now_ms);
        soon.rows.insert(key, held);
        let ring = Ring {
            actor,
            name,
            version,
            due_now_ms,
        };
        self.alarms.set(due_now_ms, ring);
    }

    /// The reminder that rings, if it is still the one that was set then.
    fn ringing(&self, ring: &Ring) -> Option<Reminder> {
        let soon = self.soon.lock();
        let held = soon
            .rows
            .get(&(ring.actor.clone(), Arc::clone(&ring.name)))?;
        let is_it = held.reminder.version == ring.version && held.due_now_ms == ring.due_now_ms;
        is_it.then(|| held.reminder.clone())
    }

    /// The reminder that this message is about, if it has not been set anew since.
    pub(crate) fn scheduled(&self, envelope: &Envelope) -> Option<Reminder> {
        let Body::Reminder { name, .. } = &envelope.body else {
            return None;
        };
        let actor = &envelope.target;
        let soon = self.soon.lock();
        let held = soon.rows.get(&(actor.clone(), Arc::clone(name)))?;
        let is_it = firing(actor, name, held.reminder.version) == envelope.id;
        is_it.then(|| held.reminder.clone())
    }

    pub(crate) fn len(&self) -> usize {
        self.alarms.len()
    }
}

/// Each set of a reminder is a firing of its own, however soon it is due.
fn firing(actor: &ActorId, name: &str, version: u64) -> MessageId {
    let actor = actor.to_string();
    let parts: [&[u8]; 3] = [actor.as_bytes(), name.as_bytes(), &version.to_le_bytes()];
    MessageId::derive("reminder", &parts)
}

/// When a reminder fires again, after the firing that was told as due at `told_ms`;
/// `None`: never. `version` is that of the commit which moves it on.
pub(crate) fn next(reminder: &Reminder, told_ms: u64, version: u64) -> Option<Reminder> {
    let period_ms = reminder.period_ms?.max(1);
    Some(Reminder {
        due_ms: told_ms.saturating_add(period_ms),
        version,
        ..reminder.clone()
    })
}

/// Firings that an outage made the silo miss before the last one that is due.
fn missed(reminder: &Reminder, wall_ms: u64) -> u32 {
    let Some(period_ms) = reminder.period_ms else {
        return 0;
    };
    if reminder.policy == MissedPolicy::All {
        return 0;
    }
    let periods = wall_ms.saturating_sub(reminder.due_ms) / period_ms.max(1);
    u32::try_from(periods).unwrap_or(u32::MAX)
}

/// Moves the horizon on: reads from the store what has become due soon. After the date was
/// set it reads all there is, since what was set before then is due by the date as it was.
pub(crate) async fn look_ahead(core: &Arc<Core>) -> Result<(), StoreError> {
    let now = Moment::of(&*core.clock);
    let (from_ms, until_ms, was_set, date_ms) = {
        let mut soon = core.reminders.soon.lock();
        let (was_set, date_ms) = (soon.steps.is_set(now), soon.steps.unset(now));
        let from_ms = soon.until_ms;
        // From here on commits add what is due before the new horizon by themselves.
        soon.changed = Some(HashSet::new());
        soon.horizon_ms = core.settings.reminder_horizon_ms;
        soon.until_ms = from_ms.max(now.wall_ms + core.settings.reminder_horizon_ms);
        (from_ms, soon.until_ms, was_set, date_ms)
    };
    let read = if was_set {
        tracing::warn!(
            from_ms = date_ms,
            to_ms = now.wall_ms,
            "the machine's date was set"
        );
        let before = Moment {
            wall_ms: date_ms,
            ..now
        };
        read(core, from_ms, u64::MAX, before).await
    } else {
        read(core, from_ms, until_ms, now).await
    };
    let mut soon = core.reminders.soon.lock();
    soon.changed = None;
    match &read {
        Ok(()) => soon.steps.follow(now),
        // What was not read is still beyond the horizon.
        Err(_) => soon.until_ms = from_ms,
    }
    read
}

/// Takes in what is due after `from_ms` and up to `until_ms`, by the date of `at`.
async fn read(core: &Arc<Core>, from_ms: u64, until_ms: u64, at: Moment) -> Result<(), StoreError> {
    let mut limit = PAGE;
    loop {
        let rows = core.store.reminders_due(until_ms, limit).await?;
        let complete = rows.len() < limit;
        let mut soon = core.reminders.soon.lock();
        for row in rows {
            let key = (row.actor, row.name);
            // Below the old horizon it is held already, or is being handled right now; and a
            // page is read from the beginning again.
            let is_old = row.reminder.due_ms <= from_ms && from_ms > 0;
            let is_changed = soon
                .changed
                .as_ref()
                .is_some_and(|changed| changed.contains(&key));
            if is_old || is_changed || soon.rows.contains_key(&key) {
                continue;
            }
            let held = Held {
                due_now_ms: at.at(row.reminder.due_ms),
                reminder: row.reminder,
            };
            core.reminders.hold(&mut soon, key, held);
        }
        drop(soon);
        if complete {
            return Ok(());
        }
        limit *= 4;
    }
}

/// Fires until the silo stops.
pub(crate) async fn run(core: Arc<Core>) {
    loop {
        let ring = core.reminders.alarms.next(&*core.clock).await;
        let Some(message) = message(&core, &ring) else {
            continue;
        };
        let core = Arc::clone(&core);
        tokio::spawn(async move { fire(&core, message).await });
    }
}

struct Message {
    envelope: Envelope,
    skip: bool,
}

fn message(core: &Arc<Core>, ring: &Ring) -> Option<Message> {
    let reminder = core.reminders.ringing(ring)?;
    let missed = missed(&reminder, core.clock.wall_ms());
    let period_ms = reminder.period_ms.unwrap_or(0);
    let body = Body::Reminder {
        name: Arc::clone(&ring.name),
        // Of those that were missed the last one is told.
        due_ms: reminder.due_ms + period_ms * u64::from(missed),
        missed,
    };
    let mut envelope = core.internal(&ring.actor, body);
    envelope.id = firing(&ring.actor, &ring.name, ring.version);
    let skip = reminder.policy == MissedPolicy::Skip && missed > 0;
    Some(Message { envelope, skip })
}

async fn fire(core: &Arc<Core>, message: Message) {
    let Message { envelope, skip } = message;
    if skip {
        return supervise::move_on(core, envelope).await;
    }
    // Dead letters keep the message; the reminder itself goes on to its next time.
    if let Verdict::Dead = supervise::deliver(core, &envelope).await {
        supervise::move_on(core, envelope).await;
    }
}
