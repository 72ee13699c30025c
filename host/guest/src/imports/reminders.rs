//! `reminders`: durable, never early.

use pizza_types::{Effect, MissedPolicy};

use super::wit::reminders::{Host, Missed};
use super::{ahead, name};
use crate::desk::Desk;
use crate::error::GuestError;

const PERIOD_MS_MIN: u64 = 1_000;

impl Host for Desk {
    fn set(
        &mut self,
        reminder: String,
        delay_ms: u64,
        period_ms: Option<u64>,
        policy: Missed,
    ) -> wasmtime::Result<()> {
        if let Some(period_ms) = period_ms
            && period_ms < PERIOD_MS_MIN
        {
            let what = "this reminder";
            let why = format!("its period is {period_ms} ms; at least {PERIOD_MS_MIN} are allowed");
            return Err(self.stop(GuestError::Refused { what, why }));
        }
        let effect = Effect::SetReminder {
            name: name(self, "this reminder name", reminder)?,
            delay_ms: ahead(delay_ms),
            period_ms: period_ms.map(ahead),
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
