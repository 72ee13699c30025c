//! Time in a test moves when the test says so.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Host;
use super::stage::with;
use crate::reminders::Missed;

/// A timer or a reminder that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub due_ms: u64,
    pub period_ms: Option<u64>,
    /// For reminders.
    pub missed: Option<Missed>,
}

/// What came due; hand it to `on_timer` or `on_reminder`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    Timer { name: String, due_ms: u64 },
    Reminder { name: String, due_ms: u64 },
}

impl Host {
    pub fn now_ms(&self) -> u64 {
        with(|stage| stage.now_ms)
    }

    pub fn set_now_ms(&self, now_ms: u64) {
        with(|stage| stage.now_ms = now_ms);
    }

    /// Moves the clock, and says which alarms came due, the earliest first; those that are
    /// not periodic are gone.
    pub fn advance(&self, by: Duration) -> Vec<Due> {
        with(|stage| {
            stage.now_ms += crate::timers::millis(by);
            let now_ms = stage.now_ms;
            let timers = ring(&mut stage.durable.timers, now_ms);
            let reminders = ring(&mut stage.durable.reminders, now_ms);
            let timers = timers
                .into_iter()
                .map(|(due_ms, name)| (due_ms, Due::Timer { name, due_ms }));
            let reminders = reminders
                .into_iter()
                .map(|(due_ms, name)| (due_ms, Due::Reminder { name, due_ms }));
            let mut due = timers.chain(reminders).collect::<Vec<_>>();
            due.sort_by_key(|(due_ms, _)| *due_ms);
            due.into_iter().map(|(_, due)| due).collect()
        })
    }
}

fn ring(alarms: &mut BTreeMap<String, Alarm>, now_ms: u64) -> Vec<(u64, String)> {
    let mut due = Vec::new();
    alarms.retain(|name, alarm| {
        while alarm.due_ms <= now_ms {
            due.push((alarm.due_ms, name.clone()));
            match alarm.period_ms {
                Some(period_ms) => alarm.due_ms += period_ms.max(1),
                None => return false,
            }
        }
        true
    });
    due
}
