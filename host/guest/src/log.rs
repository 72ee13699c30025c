//! A guest's own words, under the actor's name.

use pizza_types::{ActorId, LogLevel, LogLine};

use crate::follow::{self, Told};

/// What became of the turn that wrote the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Committed,
    /// The turn failed and changed nothing; its lines say so.
    Failed,
}

/// Writes the lines of one turn to the log of the silo.
pub fn write(actor: &ActorId, lines: &[LogLine], turn: Turn) {
    if lines.is_empty() {
        return;
    }
    let name = actor.to_string();
    for line in lines {
        write_line(&name, line, turn);
        follow::tell(actor.actor_type(), || Told::Line {
            actor: actor.clone(),
            line: line.clone(),
            is_failed: turn == Turn::Failed,
        });
    }
}

fn write_line(actor: &str, line: &LogLine, turn: Turn) {
    // Absent, not false: a line of a turn that went well has no such field.
    let failed = (turn == Turn::Failed).then_some(true);
    let message = &line.message;
    // The level of a tracing event is part of its static call site: hence one for each.
    match line.level {
        LogLevel::Trace => tracing::trace!(target: "actor", actor, failed, "{message}"),
        LogLevel::Debug => tracing::debug!(target: "actor", actor, failed, "{message}"),
        LogLevel::Info => tracing::info!(target: "actor", actor, failed, "{message}"),
        LogLevel::Warn => tracing::warn!(target: "actor", actor, failed, "{message}"),
        LogLevel::Error => tracing::error!(target: "actor", actor, failed, "{message}"),
    }
}
