//! Brings timers to their actors when their time has come.

use std::sync::Arc;

use pizza_cluster::Delivery;
use pizza_types::{Body, CallError};

use super::Firing;
use crate::core::Core;
use crate::slot::Until;
use crate::supervise;

/// Fires timers until the silo stops.
pub(crate) async fn run(core: Arc<Core>) {
    loop {
        let firing = core.timers.alarms.next(&*core.clock).await;
        if !core.timers.fires(&firing) {
            continue;
        }
        let core = Arc::clone(&core);
        // On a task of its own: a turn takes its time, and the next timer is due meanwhile.
        tokio::spawn(async move { fire(&core, firing).await });
    }
}

async fn fire(core: &Arc<Core>, firing: Firing) {
    let body = Body::Timer {
        name: Arc::clone(&firing.name),
    };
    // Wherever the actor may be by now: its timers are set where it is.
    let message = core.internal(&firing.actor, body);
    let (delivery, until) = (Delivery::Normal, Until::Durable);
    let Err(error) = core.deliver_here(message, delivery, until).await else {
        return core.timers.done(&firing);
    };
    // Nothing tells a second firing from the first, so it is not tried again where it may have been
    // handled. Nor is there a dead letter of what is not durable: it is said aloud.
    let may_be_handled = matches!(error, CallError::Unknown { .. });
    if may_be_handled || !error.is_transient() {
        tracing::warn!(actor = %firing.actor, %error, "a timer was not handled");
        return core.timers.done(&firing);
    }
    // A silo that stops forgets its timers.
    if core.is_stopping() {
        return;
    }
    let Some(tries) = core.timers.refused(&firing) else {
        return;
    };
    let pause_ms = supervise::next_pause_ms(core, firing.actor.actor_type(), tries);
    tracing::debug!(actor = %firing.actor, %error, pause_ms, "a timer is to be tried again");
    core.timers
        .alarms
        .set(core.clock.now_ms() + pause_ms, firing);
}
