//! Timers live in memory with the activation: cheap, exact, gone with the silo.
//! They arrive at `timer_events::Guest::on_timer`. Use a [reminder](crate::reminders)
//! for what must not be lost.

use std::time::Duration;

use crate::host::timers as host;

/// Fires once; replaces the timer of that name.
pub fn set(name: &str, delay: Duration) {
    host::set(name, millis(delay), None);
}

/// Fires after `delay` and every `period` from then on. A silo refuses a period below 10 ms,
/// and times beyond 400 days: the turn fails, and says so.
pub fn set_periodic(name: &str, delay: Duration, period: Duration) {
    host::set(name, millis(delay), Some(millis(period)));
}

pub fn cancel(name: &str) {
    host::cancel(name);
}

pub(crate) fn millis(duration: Duration) -> u64 {
    // So much is refused by the silo in any case.
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
