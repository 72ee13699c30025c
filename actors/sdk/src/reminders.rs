//! Reminders are durable: never early, at least once, also after an outage.
//! They arrive at `reminder_events::Guest::on_reminder`.

use std::time::Duration;

pub use crate::bindings::silo::actor::reminders::Missed;
use crate::host::reminders as host;
use crate::timers::millis;

/// Fires once; replaces the reminder of that name.
pub fn set(name: &str, delay: Duration) {
    // What fires once is missed once at most, so that each policy means the same.
    host::set(name, millis(delay), None, Missed::Last);
}

/// Fires after `delay` and every `period` from then on; a period below one second is refused,
/// and so are times beyond 400 days.
/// `missed` decides about the firings that fell into an outage.
pub fn set_periodic(name: &str, delay: Duration, period: Duration, missed: Missed) {
    host::set(name, millis(delay), Some(millis(period)), missed);
}

pub fn cancel(name: &str) {
    host::cancel(name);
}
