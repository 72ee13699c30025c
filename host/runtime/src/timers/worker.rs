//! Brings timers to their actors when their time has come.

use std::sync::Arc;

use pizza_types::Body;

use crate::core::Core;

/// Fires timers until the silo stops.
pub(crate) async fn run(core: Arc<Core>) {
    loop {
        let firing = core.timers.alarms.next(&*core.clock).await;
        if !core.timers.fires(&firing) {
            continue;
        }
        let envelope = core.internal(&firing.actor, Body::Timer { name: firing.name });
        let core = Arc::clone(&core);
        // On a task of its own: a turn takes its time, and the next timer is due meanwhile.
        tokio::spawn(async move {
            let actor = envelope.target.clone();
            // A timer is not durable, so a failed one is not tried again: it is said aloud.
            if let Err(error) = core.deliver(envelope).await {
                tracing::warn!(%actor, %error, "a timer was not handled");
            }
        });
    }
}
