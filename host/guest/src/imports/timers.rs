//! `timers`: in memory, exact.

use pizza_types::Effect;

use super::wit::timers::Host;
use super::{ahead, name, period};
use crate::host_state::HostState;

/// The shortest period of a timer, in milliseconds.
const PERIOD_MS_MIN: u64 = 10;
const WHAT: &str = "this timer";

impl Host for HostState {
    fn set(
        &mut self,
        timer: String,
        delay_ms: u64,
        period_ms: Option<u64>,
    ) -> wasmtime::Result<()> {
        let effect = Effect::SetTimer {
            name: name(self, "this timer name", timer)?,
            delay_ms: ahead(self, WHAT, "delay", delay_ms)?,
            period_ms: period(self, WHAT, PERIOD_MS_MIN, period_ms)?,
        };
        self.effect(effect)
    }

    fn cancel(&mut self, timer: String) -> wasmtime::Result<()> {
        let name = name(self, "this timer name", timer)?;
        self.effect(Effect::CancelTimer { name })
    }
}
