//! Brings reminders to their actors when their time has come.

use std::sync::Arc;

use pizza_types::{Body, Envelope, MissedPolicy};

use super::{Firing, firing_id, missed};
use crate::core::Core;
use crate::metrics;
use crate::supervise::{self, DeliveryResult};

/// Fires reminders until the silo stops.
pub(crate) async fn run(core: Arc<Core>) {
    loop {
        let firing = core.reminders.alarms.next(&*core.clock).await;
        // Cancelled or set anew since: alarms are not taken back.
        let Some(message) = message(&core, &firing) else {
            continue;
        };
        // On a task of its own: one actor that is slow must not delay the others.
        let core = Arc::clone(&core);
        tokio::spawn(async move { fire(&core, message).await });
    }
}

/// A firing as it goes to its actor.
struct Message {
    envelope: Envelope,
    /// Whether the reminder only moves on, without the actor hearing of it.
    skip: bool,
}

fn message(core: &Arc<Core>, firing: &Firing) -> Option<Message> {
    // Whoever guards the shard by now fires it.
    if !core.membership.guards(firing.actor.shard()) {
        return None;
    }
    let (reminder, date_ms) = core.reminders.fires(firing)?;
    let durable_ms = core.durable.at(core.clock.now_ms());
    metrics::fired("reminder", durable_ms.saturating_sub(reminder.due_ms));
    let missed = missed(&reminder, durable_ms);
    let period_ms = reminder.period_ms.unwrap_or(0);
    let body = Body::Reminder {
        name: Arc::clone(&firing.name),
        // Of those that were missed the last one is told.
        due_ms: date_ms.saturating_add(period_ms.saturating_mul(u64::from(missed))),
        missed,
    };
    let mut envelope = core.internal(&firing.actor, body);
    envelope.id = firing_id(&firing.actor, &firing.name, firing.version);
    let skip = reminder.policy == MissedPolicy::Skip && missed > 0;
    Some(Message { envelope, skip })
}

async fn fire(core: &Arc<Core>, message: Message) {
    let Message { envelope, skip } = message;
    if skip {
        return supervise::move_on(core, envelope).await;
    }
    // Dead letters keep the message; the reminder itself goes on to its next time.
    match supervise::deliver(core, &envelope).await {
        // By now it is known where the actor is.
        DeliveryResult::Settled => {
            metrics::reminded(core.is_here(&envelope.target));
        }
        DeliveryResult::DeadLetter => supervise::move_on(core, envelope).await,
        DeliveryResult::Away | DeliveryResult::Dropped | DeliveryResult::Stopped => {}
    }
}
