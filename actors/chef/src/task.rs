//! The clocks of the order in hand: a timer and, behind it, a durable reminder.

use std::time::Duration;

use silo_sdk::{context, reminders, timers};

use crate::bindings::types::Task;

/// The name of the reminder, and what the names of the timers begin with.
const STEP: &str = "step";
/// How long the reminder leaves the timer its chance.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) fn arm(task: &Task) {
    timers::set(&timer(task), left(task));
    reminders::set(STEP, left(task) + GRACE);
}

pub(crate) fn disarm(task: &Task) {
    timers::cancel(&timer(task));
    reminders::cancel(STEP);
}

/// A name for each stage, so that a timer of an earlier one is not taken for this one's.
pub(crate) fn timer(task: &Task) -> String {
    format!("{STEP}.{}", task.due_at)
}

/// What is left of the stage: never more than it takes, whatever the date is.
pub(crate) fn left(task: &Task) -> Duration {
    let left_ms = task.due_at.saturating_sub(context::now_ms());
    Duration::from_millis(left_ms.min(task.due_at.saturating_sub(task.started_at)))
}
