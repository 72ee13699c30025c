//! Reminders: durable, never early, at least once. The row in the store is the truth;
//! what is due soon is also held here, so that nobody has to look for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::{Reminder, ReminderWrite, StoreError};
use pizza_types::{ActorId, Body, Envelope, MessageId, MissedPolicy};

use crate::alarm::Alarms;
use crate::clock::Moment;
use crate::durable_clock::DurableClock;
use crate::silo::Core;
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
    /// Everything due before this time of the durable clock is in `rows`.
    until_ms: u64,
    /// While rows are read: what commits have changed since, which is newer than any row.
    changed: Option<HashSet<(ActorId, Arc<str>)>>,
    rows: HashMap<(ActorId, Arc<str>), Held>,
}

struct Held {
    /// Due on the durable clock.
    reminder: Reminder,
    /// When it is due by the date as it was when the reminder was set, or read: what its
    /// actor is told.
    date_ms: u64,
}

struct Ring {
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
        let mut soon = self.soon.lock();
        if let Some(changed) = &mut soon.changed {
            changed.insert(key.clone());
        }
        match write.reminder {
            Some(reminder) if reminder.due_ms <= soon.until_ms => {
                self.hold(&mut soon, durable, key, reminder, begun);
            }
            _ => drop(soon.rows.remove(&key)),
        }
    }

    fn hold(
        &self,
        soon: &mut Soon,
        durable: DurableClock,
        key: (ActorId, Arc<str>),
        reminder: Reminder,
        at: Moment,
    ) {
        let (actor, name) = key.clone();
        let ring = Ring {
            actor,
            name,
            version: reminder.version,
        };
        let due_now_ms = durable.now_of(reminder.due_ms);
        let date_ms = durable.date_of(reminder.due_ms, at);
        soon.rows.insert(key, Held { reminder, date_ms });
        self.alarms.set(due_now_ms, ring);
    }

    /// The reminder that rings, if it is still the one that was set then, and its date.
    fn ringing(&self, ring: &Ring) -> Option<(Reminder, u64)> {
        let soon = self.soon.lock();
        let held = soon
            .rows
            .get(&(ring.actor.clone(), Arc::clone(&ring.name)))?;
        let is_it = held.reminder.version == ring.version;
        is_it.then(|| (held.reminder.clone(), held.date_ms))
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

/// When a reminder fires again, after a firing that told of so many missed ones; `None`:
/// never. `version` is that of the commit which moves it on.
pub(crate) fn next(reminder: &Reminder, missed: u32, version: u64) -> Option<Reminder> {
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
    if reminder.policy == MissedPolicy::All {
        return 0;
    }
    let periods = durable_ms.saturating_sub(reminder.due_ms) / period_ms.max(1);
    u32::try_from(periods).unwrap_or(u32::MAX)
}

/// Moves the horizon on: reads from the store what has become due soon.
pub(crate) async fn look_ahead(core: &Arc<Core>) -> Result<(), StoreError> {
    let at = Moment::of(&*core.clock);
    let (from_ms, until_ms) = {
        let mut soon = core.reminders.soon.lock();
        let from_ms = soon.until_ms;
        // From here on commits add what is due before the new horizon by themselves.
        soon.changed = Some(HashSet::new());
        let durable_ms = core.durable.at(at.now_ms);
        soon.until_ms = durable_ms.saturating_add(core.settings.reminder_horizon_ms);
        (from_ms, soon.until_ms)
    };
    let read = read(core, from_ms, until_ms, at).await;
    let mut soon = core.reminders.soon.lock();
    soon.changed = None;
    if read.is_err() {
        // What was not read is still beyond the horizon.
        soon.until_ms = from_ms;
    }
    read
}

/// Takes in what is due after `from_ms` and up to `until_ms`.
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
            let reminders = &core.reminders;
            reminders.hold(&mut soon, core.durable, key, row.reminder, at);
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
    let (reminder, date_ms) = core.reminders.ringing(ring)?;
    let missed = missed(&reminder, core.durable.at(core.clock.now_ms()));
    let period_ms = reminder.period_ms.unwrap_or(0);
    let body = Body::Reminder {
        name: Arc::clone(&ring.name),
        // Of those that were missed the last one is told.
        due_ms: date_ms.saturating_add(period_ms.saturating_mul(u64::from(missed))),
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
