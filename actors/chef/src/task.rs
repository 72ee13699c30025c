//! The clocks of the order in hand: a timer and, behind it, a durable reminder.

use std::time::Duration;

use silo_sdk::{context, reminders, timers};

use crate::bindings::types::Task;

/// What the names of the clocks begin with.
const STEP: &str = "step";
/// How long the reminder leaves the timer its chance.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) fn arm(task: &Task) {
    let clock = clock(task);
    timers::set(&clock, left(task));
    reminders::set(&clock, left(task) + GRACE);
}

pub(crate) fn disarm(task: &Task) {
    let clock = clock(task);
    timers::cancel(&clock);
    reminders::cancel(&clock);
}

/// The name of both. Each stage has its own, so that the clock of an earlier one is not taken for this
/// one's.
pub(crate) fn clock(task: &Task) -> String {
    format!("{STEP}.{}", task.due_at)
}

/// What is left of the stage: never more than it takes, whatever the date is.
pub(crate) fn left(task: &Task) -> Duration {
    let left_ms = task.due_at.saturating_sub(context::now_ms());
    Duration::from_millis(left_ms.min(task.due_at.saturating_sub(task.started_at)))
}
