//! One actor's messages, one at a time. The loop exists only while there is work.

use std::sync::Arc;

use pizza_guest::{Turn, What};
use pizza_store::StoreError;
use pizza_types::{Body, CallError, Effect, Envelope, MessageId, Outcome, State};
use tokio::sync::Notify;

use crate::activation::Activation;
use crate::calls::TurnCalls;
use crate::catalog::ActorType;
use crate::clock::Moment;
use crate::pipeline::Pipeline;
use crate::release;
use crate::silo::Core;
use crate::slot::Slot;
use crate::stage::TimerChange;

pub(crate) struct ActorLoop {
    pub(crate) core: Arc<Core>,
    pub(crate) slot: Arc<Slot>,
    arrival: Arc<Notify>,
    pub(crate) activation: Option<Box<Activation>>,
    pub(crate) pipeline: Pipeline,
}

/// Frees the mailbox even if the loop ends by a panic: its senders then hear that the
/// outcome is unknown, and the next message starts afresh from the store.
struct Abandon(Arc<Slot>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

pub(crate) async fn run(
    core: Arc<Core>,
    slot: Arc<Slot>,
    arrival: Arc<Notify>,
    parked: Option<Box<Activation>>,
) {
    let abandon = Abandon(Arc::clone(&slot));
    let pipeline = Pipeline::new(&core, parked.as_ref().map_or(0, |a| a.version));
    let actor = ActorLoop {
        core,
        slot,
        arrival,
        activation: parked,
        pipeline,
    };
    actor.run().await;
    std::mem::forget(abandon);
}

impl ActorLoop {
    async fn run(mut self) {
        loop {
            if self.pipeline.gate.broken().is_some() {
                self.start_over().await;
            }
            if let Some(query) = self.slot.next_query() {
                self.begin_query(query).await;
            } else if self.has_room()
                && let Some(message) = self.slot.next_command()
            {
                self.turn(message).await;
            } else if !self.pipeline.is_empty() {
                tokio::select! {
                    settled = self.pipeline.next() => {
                        release::release(&self.core, &self.pipeline.gate, settled);
                    }
                    () = self.arrival.notified() => {}
                }
            } else {
                // An actor that never committed anything has nothing to be kept for.
                let activation = self.activation.take().filter(|a| a.version > 0);
                let forget = activation.is_none();
                match self.slot.park(activation) {
                    Ok(()) if forget => return self.core.forget(&self.slot.id),
                    Ok(()) => return,
                    Err(activation) => self.activation = activation,
                }
            }
        }
    }

    /// Room for one more commit in flight. A full pipeline makes the actor wait, not fail.
    fn has_room(&self) -> bool {
        let policy = self.core.catalog.find(self.slot.id.actor_type());
        let limit = policy.map_or(1, |entry| entry.policy.pipeline_max);
        self.pipeline.len() < limit
    }

    /// A commit failed, so everything staged behind it is void: back to what the store has.
    async fn start_over(&mut self) {
        while !self.pipeline.is_empty() {
            let settled = self.pipeline.next().await;
            release::release(&self.core, &self.pipeline.gate, settled);
        }
        self.activation = None;
        self.core.timers.forget(&self.slot.id);
        self.pipeline = Pipeline::new(&self.core, 0);
    }

    /// Of the staged state.
    pub(crate) fn version(&self) -> u64 {
        self.activation.as_ref().map_or(0, |a| a.version)
    }

    /// Waits until everything in flight is durable.
    pub(crate) async fn settle_all(&mut self) -> Result<(), CallError> {
        while !self.pipeline.is_empty() {
            let settled = self.pipeline.next().await;
            release::release(&self.core, &self.pipeline.gate, settled);
        }
        self.pipeline.gate.broken().map_or(Ok(()), Err)
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

    /// Claims the actor if it is not in memory, and tells which module is to answer: that
    /// depends on the layout of its state.
    pub(crate) async fn claim(&mut self) -> Result<Arc<ActorType>, CallError> {
        if self.activation.is_none() {
            let activation = self.take_over().await.map_err(crate::silo::store_error)?;
            self.pipeline = Pipeline::new(&self.core, activation.version);
            self.activation = Some(Box::new(activation));
        }
        let state = self.activation.as_ref().and_then(|a| a.state.as_ref());
        let schema = state.map(|state| state.schema);
        self.core.catalog.get(&self.slot.id, schema)
    }

    /// Tells the actor that it is in memory, once.
    pub(crate) async fn wake(&mut self, actor_type: &Arc<ActorType>) -> Result<(), CallError> {
        let Some(activation) = &self.activation else {
            return Ok(());
        };
        // An actor that has never committed anything has nothing to wake up to.
        if activation.awake || activation.version == 0 || !actor_type.module.hooks().activate {
            return Ok(());
        }
        let envelope = self.core.internal(
            &self.slot.id,
            Body::Timer {
                name: "activate".into(),
            },
        );
        let begun = Moment::of(&*self.core.clock);
        let outcome = self
            .run_guest(actor_type, &envelope, begun, What::Activate, None)
            .await?;
        if let Some(activation) = &mut self.activation {
            activation.awake = true;
        }
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

    pub(crate) async fn ask_guest(
        &mut self,
        actor_type: &Arc<ActorType>,
        envelope: &Envelope,
        begun: Moment,
        migrated: Option<State>,
    ) -> Result<Outcome, CallError> {
        let what = what(&envelope.body);
        self.run_guest(actor_type, envelope, begun, what, migrated)
            .await
    }

    pub(crate) async fn ask_migrate(
        &mut self,
        actor_type: &Arc<ActorType>,
        envelope: &Envelope,
        begun: Moment,
        state: State,
    ) -> Result<Outcome, CallError> {
        let what = What::Migrate {
            from_schema: state.schema,
            bytes: state.bytes,
        };
        self.run_guest(actor_type, envelope, begun, what, None)
            .await
    }

    /// Runs the guest, and meanwhile lets earlier turns go as they become durable and
    /// queries read beside it.
    async fn run_guest(
        &mut self,
        actor_type: &Arc<ActorType>,
        envelope: &Envelope,
        begun: Moment,
        what: What,
        migrated: Option<State>,
    ) -> Result<Outcome, CallError> {
        let Some(activation) = self.activation.as_deref() else {
            return Err(CallError::Moved);
        };
        let mut turn = turn_input(&self.core, activation, envelope, begun, what);
        turn.calls = Arc::new(TurnCalls::new(
            &self.core,
            envelope,
            self.pipeline.gate.clone(),
            activation.version,
        ));
        if migrated.is_some() {
            turn.state = migrated;
        }
        let running = actor_type.module.run(turn);
        tokio::pin!(running);
        loop {
            tokio::select! {
                biased;
                outcome = &mut running => return outcome.map_err(CallError::from),
                settled = self.pipeline.next() => {
                    release::release(&self.core, &self.pipeline.gate, settled);
                }
                () = self.arrival.notified() => {
                    while let Some(query) = self.slot.next_query() {
                        let gate = &self.pipeline.gate;
                        crate::query::spawn(&self.core, actor_type, activation, gate, query);
                    }
                }
            }
        }
    }
}

/// What the guest is given, but for the way to call others.
pub(crate) fn turn_input(
    core: &Arc<Core>,
    activation: &Activation,
    envelope: &Envelope,
    begun: Moment,
    what: What,
) -> Turn {
    Turn {
        actor: envelope.target.clone(),
        what,
        message_id: envelope.id,
        caller: envelope.caller.clone(),
        now_ms: begun.wall_ms,
        random_seed: core.entropy.next(),
        trace: envelope.trace.clone(),
        depth: envelope.chain.depth(),
        deadline_ms_left: envelope.deadline_ms.saturating_sub(core.clock.now_ms()),
        state: activation.state.clone(),
        entries: activation.entries(),
        calls: Arc::new(pizza_guest::NoCalls),
    }
}

pub(crate) fn what(body: &Body) -> What {
    match body.clone() {
        Body::Call { method, arguments } => What::Call { method, arguments },
        Body::Timer { name } => What::Timer { name },
        Body::Reminder {
            name,
            due_ms,
            missed,
        } => What::Reminder {
            name,
            due_ms,
            missed,
        },
        Body::Events { stream, events } => What::Events { stream, events },
    }
}

/// An id for messages that are never deduplicated.
pub(crate) fn unnamed() -> MessageId {
    MessageId([0; 16])
}
