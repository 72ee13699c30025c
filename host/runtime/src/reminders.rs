//! Reminders: durable, never early, at least once. The row in the store is the truth;
//! what is due soon is also held here, so that nobody has to look for it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::{Reminder, ReminderWrite, StoreError};
use pizza_types::{ActorId, Body, Envelope, MessageId, MissedPolicy};

use crate::alarm::Alarms;
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
    /// Everything due before this is in `rows`.
    until_ms: u64,
    rows: HashMap<(ActorId, Arc<str>), Reminder>,
}

struct Ring {
    actor: ActorId,
    name: Arc<str>,
    due_ms: u64,
}

impl Reminders {
    /// A commit has set, replaced or removed a reminder.
    pub(crate) fn apply(&self, actor: &ActorId, write: ReminderWrite) {
        let key = (actor.clone(), Arc::clone(&write.name));
        let mut soon = self.soon.lock();
        match write.reminder {
            Some(reminder) if reminder.due_ms <= soon.until_ms => {
                let due_ms = reminder.due_ms;
                soon.rows.insert(key, reminder);
                drop(soon);
                let (actor, name) = (actor.clone(), write.name);
                self.alarms.set(
                    due_ms,
                    Ring {
                        actor,
                        name,
                        due_ms,
                    },
                );
            }
            _ => drop(soon.rows.remove(&key)),
        }
    }

    /// The reminder that this message is about, if it is still set for that time.
    pub(crate) fn scheduled(&self, envelope: &Envelope) -> Option<Reminder> {
        let Body::Reminder { name, due_ms, .. } = &envelope.body else {
            return None;
        };
        let soon = self.soon.lock();
        let row = soon
            .rows
            .get(&(envelope.target.clone(), Arc::clone(name)))?;
        (row.due_ms == *due_ms).then(|| row.clone())
    }

    pub(crate) fn len(&self) -> usize {
        self.alarms.len()
    }
}

/// When a reminder fires again after the firing that is being handled; `None`: never.
pub(crate) fn next(reminder: &Reminder, now_ms: u64) -> Option<Reminder> {
    let period_ms = reminder.period_ms?.max(1);
    let due_ms = match reminder.policy {
        MissedPolicy::All => reminder.due_ms + period_ms,
        MissedPolicy::Last | MissedPolicy::Skip => {
            let periods = now_ms.saturating_sub(reminder.due_ms) / period_ms + 1;
            reminder.due_ms + periods * period_ms
        }
    };
    Some(Reminder {
        due_ms,
        ..reminder.clone()
    })
}

/// Firings that an outage made the silo miss before the one at hand.
fn missed(reminder: &Reminder, now_ms: u64) -> u32 {
    let Some(period_ms) = reminder.period_ms else {
        return 0;
    };
    if reminder.policy == MissedPolicy::All {
        return 0;
    }
    let periods = now_ms.saturating_sub(reminder.due_ms) / period_ms.max(1);
    u32::try_from(periods).unwrap_or(u32::MAX)
}

/// Moves the horizon on: reads from the store what has become due soon.
pub(crate) async fn look_ahead(core: &Arc<Core>) -> Result<(), StoreError> {
    let until_ms = core.clock.now_ms() + core.settings.reminder_horizon_ms;
    // From here on commits add what is due before the new horizon by themselves.
    let from_ms = std::mem::replace(&mut core.reminders.soon.lock().until_ms, until_ms);
    let read = read(core, from_ms, until_ms).await;
    if read.is_err() {
        // What was not read is still beyond the horizon.
        core.reminders.soon.lock().until_ms = from_ms;
    }
    read
}

async fn read(core: &Arc<Core>, from_ms: u64, until_ms: u64) -> Result<(), StoreError> {
    let mut limit = PAGE;
    loop {
        let rows = core.store.reminders_due(until_ms, limit).await?;
        let complete = rows.len() < limit;
        for row in rows {
            // Below the old horizon it is held already, or is being handled right now.
            if row.reminder.due_ms <= from_ms && from_ms > 0 {
                continue;
            }
            let name = Arc::clone(&row.name);
            let reminder = Some(row.reminder);
            core.reminders
                .apply(&row.actor, ReminderWrite { name, reminder });
        }
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
    let body = Body::Reminder {
        name: Arc::clone(&ring.name),
        due_ms: ring.due_ms,
        missed: 0,
    };
    let mut envelope = core.internal(&ring.actor, body);
    let reminder = core.reminders.scheduled(&envelope)?;
    let missed = missed(&reminder, core.clock.now_ms());
    if let Body::Reminder { missed: field, .. } = &mut envelope.body {
        *field = missed;
    }
    let (actor, due) = (ring.actor.to_string(), ring.due_ms.to_le_bytes());
    let parts: [&[u8]; 3] = [actor.as_bytes(), ring.name.as_bytes(), &due];
    envelope.id = MessageId::derive("reminder", &parts);
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
