//! The hooks that a message may need before its guest is asked: waking up, and bringing the
//! state into the module's layout.

use std::sync::Arc;

use pizza_clock::Moment;
use pizza_guest::Invocation;
use pizza_types::{CallError, Effect, Envelope, State, StateWrite};

use crate::actor::Actor;
use crate::deployment::Deployment;
use crate::guest_turn;
use crate::timers::TimerChange;

impl Actor {
    /// Runs the hook `lifecycle.activate`, once for each activation.
    ///
    /// # Errors
    /// What the guest did wrong in it, or why it could not be asked.
    pub(crate) async fn activate(&mut self, deployment: &Arc<Deployment>) -> Result<(), CallError> {
        let Some(activation) = &self.activation else {
            return Ok(());
        };
        // An actor that has never committed anything has nothing to take up again.
        if activation.activated || activation.version == 0 || !deployment.guest.hooks().activate {
            return Ok(());
        }
        let begun = Moment::of(&*self.core.clock);
        let (id, hook) = (&self.slot.id, Invocation::Activate);
        let turn = guest_turn::for_hook(&self.core, id, activation, begun, hook);
        let outcome = self.run_guest(deployment, turn).await?;
        if let Some(activation) = &mut self.activation {
            activation.activated = true;
        }
        // Timers are all that the hook may set, and they need no commit.
        for effect in outcome.effects {
            if let Effect::SetTimer {
                name,
                delay_ms,
                period_ms,
            } = effect
            {
                let set = Some((delay_ms, period_ms));
                let change = TimerChange { name, set };
                self.core.timers.apply(begun, &self.slot.id, change);
            }
        }
        Ok(())
    }

    /// State of an older layout becomes state of the module's; older code never gets newer state.
    ///
    /// # Errors
    /// When the state is newer than the module, or what the guest did wrong.
    pub(crate) async fn migrate(
        &mut self,
        deployment: &Arc<Deployment>,
        envelope: &Envelope,
        begun: Moment,
    ) -> Result<Option<State>, CallError> {
        let schema = deployment.guest.schema();
        let state = self.activation.as_ref().and_then(|a| a.state.as_ref());
        let Some(state) = state.filter(|state| state.schema != schema) else {
            return Ok(None);
        };
        if state.schema > schema {
            let found = state.schema;
            return Err(CallError::Failed {
                bound: "schema".into(),
                detail: format!("the state has layout {found}, the module knows {schema}"),
            });
        }
        // The guest sees the number of the layout, and may read the older one by itself.
        if !deployment.guest.hooks().migrate {
            return Ok(None);
        }
        let migrate = Invocation::Migrate {
            from_schema: state.schema,
            bytes: state.bytes.clone(),
        };
        let calls = self.calls(envelope, false);
        let turn = self.turn_for(envelope, begun, migrate, calls)?;
        match self.run_guest(deployment, turn).await?.state {
            StateWrite::Set(state) => Ok(Some(state)),
            _ => Ok(None),
        }
    }
}
