//! Delivers what is in the outbox, lane by lane, and tidies up behind it.

use std::sync::Arc;

use super::{Lane, Message};
use crate::cells::park;
use crate::core::Core;
use crate::metrics;
use crate::supervise::{self, DeliveryResult};

/// How long what has arrived may wait for more, with which it leaves the store in one
/// write. Nobody waits for it, and a row that stays too long is only delivered again.
const DONE_WAIT_MS: u64 = 20;

/// How long a store that could not be written is left alone, in milliseconds.
const DONE_AGAIN_MS: u64 = 500;

/// Serves a lane until it is empty.
pub(crate) async fn run_lane(core: Arc<Core>, lane: Lane, first: Message) {
    let mut next = Some(first);
    while let Some(message) = next {
        // One after the other: the order on a lane holds because nothing passes a message that
        // is tried again.
        if !leave(&core, &message).await {
            // It stays in the store, and those behind it too, in order.
            return;
        }
        core.outbox.delivered(message.row);
        next = core.outbox.next_in_lane(&lane);
    }
}

/// Brings a message to its actor, or to the list of what waits for its cell. False when the silo is
/// stopping.
async fn leave(core: &Arc<Core>, message: &Message) -> bool {
    let envelope = &message.envelope;
    loop {
        let cell = core.cells.abroad(envelope.target.key());
        let result = if cell.is_some_and(|cell| cell.must_park()) {
            DeliveryResult::Away
        } else {
            supervise::deliver(core, envelope).await
        };
        match result {
            DeliveryResult::Settled | DeliveryResult::DeadLetter | DeliveryResult::Dropped => {
                return true;
            }
            DeliveryResult::Away => {
                if park::message(core, &message.from, envelope).await {
                    return true;
                }
                if core.is_stopping() {
                    return false;
                }
            }
            DeliveryResult::Stopped => return false,
        }
    }
}

/// Starts delayed messages when their time has come, until the silo stops.
pub(crate) async fn run_later(core: Arc<Core>) {
    loop {
        let (due_ms, message) = core.outbox.later.next(&*core.clock).await;
        if core.outbox.may_leave(&message) {
            metrics::fired("message", core.clock.now_ms().saturating_sub(due_ms));
            core.start_lanes(core.outbox.join_lane(message));
        }
    }
}

/// Takes out of the store what has arrived, until the silo stops.
pub(crate) async fn run_done(core: Arc<Core>) {
    loop {
        core.outbox.some_done.notified().await;
        tokio::select! {
            biased;
            () = core.pause(DONE_WAIT_MS) => {}
            () = core.outbox.some_done.notified() => {}
        }
        if let Err(error) = core.outbox.flush(&*core.store).await {
            // Harmless: their receivers know the messages if they come again.
            tracing::warn!(%error, "what has arrived could not be taken out of the log yet");
            core.pause(DONE_AGAIN_MS).await;
            core.outbox.some_done.notify_one();
        }
    }
}
