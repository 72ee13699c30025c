//! One actor while it has work: its activation, its commits in flight, and how its guest is
//! asked.

use std::sync::Arc;

use pizza_guest::{Invocation, Turn};
use pizza_store::StoreError;
use pizza_types::{CallError, Effect, Envelope, Outcome, State};
use tokio::sync::Notify;

use crate::activation::Activation;
use crate::calls::TurnCalls;
use crate::clock::Moment;
use crate::core::{Core, store_error};
use crate::deployment::Deployment;
use crate::pipeline::Pipeline;
use crate::slot::Slot;
use crate::timers::TimerChange;
use crate::{emit, guest_turn, query};

/// The loop's own state: nobody else touches it, so it needs no lock.
pub(crate) struct Actor {
    pub(crate) core: Arc<Core>,
    pub(crate) slot: Arc<Slot>,
    pub(crate) arrival: Arc<Notify>,
    pub(crate) activation: Option<Box<Activation>>,
    pub(crate) pipeline: Pipeline,
}

impl Actor {
    /// The version of the staged state.
    pub(crate) fn version(&self) -> u64 {
        self.activation.as_ref().map_or(0, |a| a.version)
    }

    /// Waits until everything in flight is durable.
    ///
    /// # Errors
    /// Why a commit in flight never will be.
    pub(crate) async fn settle_all(&mut self) -> Result<(), CallError> {
        while !self.pipeline.is_empty() {
            let settled = self.pipeline.next().await;
            emit::settle(&self.core, &self.pipeline.gate, settled);
        }
        self.pipeline.gate.broken().map_or(Ok(()), Err)
    }

    /// A commit failed, so everything staged behind it is void: back to what the store has.
    pub(crate) async fn start_over(&mut self) {
        // That it failed is known; what is in flight behind it only has to be heard of.
        let _ = self.settle_all().await;
        self.activation = None;
        // The actor may live elsewhere now, where its timers are armed; if not, `activate` arms
        // them again.
        self.core.timers.forget(&self.slot.id);
        // A new gate: the old one is broken for good. The next claim sets its version.
        self.pipeline = Pipeline::new(&self.core, 0);
    }

    /// Claims the actor if it is not in memory, and tells which module is to answer: that
    /// depends on the layout of its state.
    ///
    /// # Errors
    /// When the store cannot be asked, or no module serves the type.
    pub(crate) async fn claim(&mut self) -> Result<Arc<Deployment>, CallError> {
        if self.activation.is_none() {
            let activation = self.take_over().await.map_err(store_error)?;
            self.pipeline = Pipeline::new(&self.core, activation.version);
            self.activation = Some(Box::new(activation));
        }
        let state = self.activation.as_ref().and_then(|a| a.state.as_ref());
        let schema = state.map(|state| state.schema);
        self.core.catalog.get(&self.slot.id, schema)
    }

    /// Claims the actor, if there is anything to claim. Asking for an actor that has no
    /// record must not give it one.
    async fn take_over(&mut self) -> Result<Activation, StoreError> {
        let (id, store) = (&self.slot.id, &self.core.store);
        if !store.is_known(id).await? {
            return Ok(Activation::unclaimed());
        }
        Ok(Activation::new(store.claim(id, &self.core.silo).await?))
    }

    /// Runs the hook `lifecycle.activate`, once for each activation.
    ///
    /// # Errors
    /// What the guest did wrong in it, or why it could not be asked.
    pub(crate) async fn activate(&mut self, deployment: &Arc<Deployment>) -> Result<(), CallError> {
        let Some(activation) = &self.activation else {
            return Ok(());
        };
        // An actor that has never committed anything has nothing to take up again.
        if activation.activated || activation.version == 0 || !deployment.module.hooks().activate {
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

    /// Asks the guest to handle a message. `migrated` is its state under the module's
    /// layout, where the stored one is older.
    ///
    /// # Errors
    /// What the guest did wrong, or why it could not be asked.
    pub(crate) async fn ask_guest(
        &mut self,
        deployment: &Arc<Deployment>,
        envelope: &Envelope,
        begun: Moment,
        migrated: Option<State>,
    ) -> Result<Outcome, CallError> {
        let message = Invocation::Message(envelope.body.clone());
        let mut turn = self.turn_for(envelope, begun, message)?;
        // Not in the activation: the migrated state counts only if this turn commits.
        if migrated.is_some() {
            turn.state = migrated;
        }
        self.run_guest(deployment, turn).await
    }

    /// Asks the guest to bring a state of an older layout into its own.
    ///
    /// # Errors
    /// As [`Self::ask_guest`].
    pub(crate) async fn ask_migrate(
        &mut self,
        deployment: &Arc<Deployment>,
        envelope: &Envelope,
        begun: Moment,
        state: State,
    ) -> Result<Outcome, CallError> {
        let migrate = Invocation::Migrate {
            from_schema: state.schema,
            bytes: state.bytes,
        };
        let turn = self.turn_for(envelope, begun, migrate)?;
        self.run_guest(deployment, turn).await
    }

    fn turn_for(
        &self,
        envelope: &Envelope,
        begun: Moment,
        invocation: Invocation,
    ) -> Result<Turn, CallError> {
        let Some(activation) = self.activation.as_deref() else {
            return Err(CallError::Moved);
        };
        let (core, gate) = (&self.core, self.pipeline.gate.clone());
        let calls = Arc::new(TurnCalls::new(core, envelope, gate, activation.version));
        Ok(guest_turn::for_message(
            core, activation, envelope, begun, invocation, calls,
        ))
    }

    /// Runs the guest, and meanwhile emits what earlier turns left behind as they become
    /// durable, and lets queries read beside it.
    async fn run_guest(
        &mut self,
        deployment: &Arc<Deployment>,
        turn: Turn,
    ) -> Result<Outcome, CallError> {
        let Some(activation) = self.activation.as_deref() else {
            return Err(CallError::Moved);
        };
        let running = deployment.module.run(turn);
        tokio::pin!(running);
        loop {
            tokio::select! {
                // Most turns end at the first poll; nothing else is then looked at.
                biased;
                outcome = &mut running => return outcome.map_err(CallError::from),
                settled = self.pipeline.next() => {
                    emit::settle(&self.core, &self.pipeline.gate, settled);
                }
                () = self.arrival.notified() => {
                    while let Some(query) = self.slot.next_query() {
                        let gate = &self.pipeline.gate;
                        query::spawn(&self.core, deployment, activation, gate, query);
                    }
                }
            }
        }
    }
}
