//! Time in a test moves when the test says so.

use std::collections::BTreeMap;

use crate::reminders::Missed;

/// Where a test begins, in milliseconds since the Unix epoch: 1 January 2026, noon.
pub const START_MS: u64 = 1_767_268_800_000;

/// A timer or a reminder that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub due_ms: u64,
    pub period_ms: Option<u64>,
    /// What becomes of firings that fall into an outage; absent for a timer.
    pub missed: Option<Missed>,
}

/// What came due; hand it to `on_timer` or `on_reminder`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    Timer { name: String, due_ms: u64 },
    Reminder { name: String, due_ms: u64 },
}

/// Takes out what is due by `now_ms`; periodic alarms come once for each period, and stay.
pub(super) fn ring(alarms: &mut BTreeMap<String, Alarm>, now_ms: u64) -> Vec<(u64, String)> {
    let mut due = Vec::new();
    alarms.retain(|name, alarm| {
        while alarm.due_ms <= now_ms {
            due.push((alarm.due_ms, name.clone()));
            match alarm.period_ms {
                // A period of nothing would never end.
                Some(period_ms) => alarm.due_ms += period_ms.max(1),
                None => return false,
            }
        }
        true
    });
    due
}
