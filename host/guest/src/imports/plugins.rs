//! `plugins`: advice from what an operator bound to the actor.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::wit::plugins::{Host, PluginFailure};
use super::{name, payload};
use crate::consult::Failure;
use crate::host_state::HostState;

/// What one turn may spend on advice, however often it asks: an actor is to go on with its
/// work, not to wait for strangers.
const TURN_WAIT: Duration = Duration::from_millis(100);

impl Host for HostState {
    fn bound(&mut self) -> wasmtime::Result<Option<String>> {
        let actor = self.context()?.actor.clone();
        Ok(self.plugins.bound(&actor))
    }

    async fn consult(
        &mut self,
        function: String,
        arguments: String,
    ) -> wasmtime::Result<Result<String, PluginFailure>> {
        let function = name(self, "this function name", function)?;
        let arguments = payload(self, "arguments", arguments)?;
        let context = self.context()?;
        let (actor, spent) = (context.actor.clone(), context.advice_wait);
        if self.plugins.bound(&actor).is_none() {
            return Ok(Err(PluginFailure::Unbound));
        }
        let left = TURN_WAIT.saturating_sub(spent);
        if left.is_zero() {
            let why = format!("this turn has waited {} ms", TURN_WAIT.as_millis());
            return Ok(Err(PluginFailure::Busy(why)));
        }
        let begun = Instant::now();
        let plugins = Arc::clone(&self.plugins);
        let answer = plugins.consult(&actor, function, arguments, left);
        let meter = Arc::clone(&self.meter);
        let answer = meter.elsewhere(answer).await;
        // Also when it failed: it is the waiting that is bounded.
        self.context()?.advice_wait += begun.elapsed();
        Ok(answer.map_err(failure))
    }
}

fn failure(failure: Failure) -> PluginFailure {
    match failure {
        Failure::Unbound => PluginFailure::Unbound,
        Failure::Unfit(detail) => PluginFailure::Unfit(detail),
        Failure::Failed(detail) => PluginFailure::Failed(detail),
        Failure::Busy(detail) => PluginFailure::Busy(detail),
    }
}
