//! What leaves an actor once its commit is durable, and only then.

use std::sync::Arc;

use pizza_store::{CommitError, Committed};
use pizza_types::{CallError, LogLevel, LogLine, Reply};

use crate::gate::Gate;
use crate::pipeline::Settled;
use crate::silo::Core;
use crate::stage::Outputs;

/// Called for each turn of an actor, in the order of its turns.
pub(crate) fn release(core: &Arc<Core>, gate: &Gate, settled: Settled) {
    let (result, outputs) = settled;
    // A turn that had nothing to write still stands on those before it.
    let result = match (gate.broken(), result) {
        (Some(error), _) => Err(error),
        (None, Ok(committed)) => Ok(committed),
        (None, Err(error)) => Err(refusal(error, &outputs)),
    };
    match result {
        Ok(committed) => let_go(core, gate, outputs, committed),
        Err(error) => {
            gate.break_with(&error);
            if let Some(reply_to) = outputs.reply_to {
                // The caller may have stopped waiting.
                drop(reply_to.send(Err(error)));
            }
        }
    }
}

fn let_go(core: &Arc<Core>, gate: &Gate, outputs: Outputs, committed: Option<Committed>) {
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
        drop(reply_to.send(Ok(reply)));
    }
    for line in &outputs.logs {
        write_log(&outputs.actor.to_string(), line);
    }
    for change in outputs.timers {
        core.timers.apply(&core.clock, &outputs.actor, change);
    }
    for write in outputs.reminders {
        core.reminders.apply(&outputs.actor, write);
    }
    core.outbox.enqueue(core, outputs.sends);
    for (stream, key) in outputs.events {
        core.streams.published(core, &stream, &key);
    }
}

fn refusal(error: CommitError, outputs: &Outputs) -> CallError {
    match error {
        CommitError::Fenced { .. } | CommitError::Stale { .. } => CallError::Moved,
        CommitError::Refused { detail } => CallError::Store { detail },
        CommitError::Unknown { detail } => CallError::Unknown {
            id: outputs.message,
            detail,
        },
    }
}

/// A guest's own words, under the actor's name.
pub(crate) fn write_log(actor: &str, line: &LogLine) {
    let message = &line.message;
    match line.level {
        LogLevel::Trace => tracing::trace!(target: "actor", actor, "{message}"),
        LogLevel::Debug => tracing::debug!(target: "actor", actor, "{message}"),
        LogLevel::Info => tracing::info!(target: "actor", actor, "{message}"),
        LogLevel::Warn => tracing::warn!(target: "actor", actor, "{message}"),
        LogLevel::Error => tracing::error!(target: "actor", actor, "{message}"),
    }
}
