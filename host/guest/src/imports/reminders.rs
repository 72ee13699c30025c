//! `reminders`: durable, never early.

use pizza_types::{Effect, MissedPolicy};

use super::wit::reminders::{Host, Missed};
use super::{ahead, name, period};
use crate::host_state::HostState;

/// The shortest period of a reminder, in milliseconds: each time that it is due costs a durable
/// write.
const PERIOD_MS_MIN: u64 = 1_000;
const WHAT: &str = "this reminder";

impl Host for HostState {
    fn set(
        &mut self,
        reminder: String,
        delay_ms: u64,
        period_ms: Option<u64>,
        policy: Missed,
    ) -> wasmtime::Result<()> {
        let effect = Effect::SetReminder {
            name: name(self, "this reminder name", reminder)?,
            delay_ms: ahead(self, WHAT, "delay", delay_ms)?,
            period_ms: period(self, WHAT, PERIOD_MS_MIN, period_ms)?,
            policy: match policy {
                Missed::All => MissedPolicy::All,
                Missed::Last => MissedPolicy::Last,
                Missed::Skip => MissedPolicy::Skip,
            },
        };
        self.effect(effect)
    }

    fn cancel(&mut self, reminder: String) -> wasmtime::Result<()> {
        let name = name(self, "this reminder name", reminder)?;
        self.effect(Effect::CancelReminder { name })
    }
}
