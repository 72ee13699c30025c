//! What leaves an actor once its commit is durable, and only then.

use std::sync::Arc;

use pizza_guest::log;
use pizza_store::{CommitError, Committed, StoredEvent};
use pizza_types::{CallError, MessageId, Reply};

use crate::core::Core;
use crate::gate::Gate;
use crate::pipeline::Settled;
use crate::stage::Outputs;

/// What follows from the outcome of a turn's commit. Called for each turn of an actor, in
/// the order of its turns.
pub(crate) fn settle(core: &Arc<Core>, gate: &Gate, settled: Settled) {
    let (result, outputs) = settled;
    // A turn that had nothing to write still stands on those before it.
    let result = match (gate.broken(), result) {
        (Some(error), _) => Err(about(error, outputs.message)),
        (None, Ok(committed)) => Ok(committed),
        (None, Err(error)) => Err(refusal(error, &outputs)),
    };
    match result {
        Ok(committed) => emit(core, gate, outputs, committed),
        Err(error) => {
            // What is staged behind it stood on this one, and fails with it.
            gate.break_with(&error);
            if let Some(reply_to) = outputs.reply_to {
                // The caller may have stopped waiting.
                let _ = reply_to.send(Err(error));
            }
        }
    }
}

fn emit(core: &Arc<Core>, gate: &Gate, outputs: Outputs, committed: Option<Committed>) {
    // First: calls of the next turn may be waiting for just this version.
    gate.raise(outputs.version);
    let durability = committed
        .as_ref()
        .map_or(core.store.durability(), |c| c.durability);
    if let Some(reply_to) = outputs.reply_to {
        let reply = Reply {
            body: outputs.reply,
            declined: outputs.declined,
            replayed: outputs.replayed,
            durability,
        };
        let _ = reply_to.send(Ok(reply));
    }
    log::write(&outputs.actor, &outputs.logs, log::Turn::Committed);
    for change in outputs.timers {
        core.timers.apply(outputs.begun, &outputs.actor, change);
    }
    for write in outputs.reminders {
        core.reminders
            .apply(core.durable, &outputs.actor, write, outputs.begun);
    }
    let (sends, now_ms) = (outputs.sends, outputs.begun.now_ms);
    core.start_lanes(core.outbox.enqueue(core.durable, sends, now_ms));
    // A commit that was in doubt has its events, but their positions are not known here.
    let positions = committed.map_or_else(Vec::new, |c| c.positions);
    let mut positions = positions.into_iter();
    for event in outputs.events {
        let (stream, key) = (&event.stream, &event.key);
        let stored = positions.next().map(|position| StoredEvent {
            position,
            at_ms: outputs.begun.wall_ms,
            payload: event.payload,
        });
        let streams = &core.streams;
        core.start_pumps(streams.published(&core.catalog, stream, key, stored.as_ref()));
    }
}

fn refusal(error: CommitError, outputs: &Outputs) -> CallError {
    match error {
        // Another silo has the actor, or had it meanwhile: nothing of this was written.
        CommitError::Fenced { .. } | CommitError::Stale { .. } => CallError::Moved,
        CommitError::Refused { detail } => CallError::Store { detail },
        CommitError::Unknown { detail } => CallError::Unknown {
            id: outputs.message,
            detail,
        },
    }
}

/// What went wrong for an earlier message, as it concerns this one.
pub(crate) fn about(error: CallError, message: MessageId) -> CallError {
    match error {
        CallError::Unknown { detail, .. } => {
            let id = message;
            CallError::Unknown { id, detail }
        }
        other => other,
    }
}
