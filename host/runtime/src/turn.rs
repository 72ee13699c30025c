//! The turn: what happens to one message, from envelope to commit.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use pizza_types::{Body, CallError, Envelope, Outcome, Reply, StreamEvent};

use crate::actor::Actor;
use crate::breaker;
use crate::clock::Moment;
use crate::core::store_error;
use crate::deployment::Deployment;
use crate::emit::about;
use crate::pipeline::Pending;
use crate::slot::{Delivery, Queued};
use crate::stage;

impl Actor {
    /// Handles one message. Its reply and effects leave later, when the commit that is
    /// queued here has become durable; see [`emit`](crate::emit).
    pub(crate) async fn turn(&mut self, message: Queued) {
        // The sender may have given up while the message waited: then it is never executed.
        if !message.start() {
            return;
        }
        match self.admitted(&message.envelope, message.delivery).await {
            Ok(mut pending) => {
                pending.outputs.reply_to = Some(message.reply);
                self.pipeline.push(pending);
            }
            // Nothing was staged, so nothing has to be durable before the sender hears of it.
            Err(error) => {
                let error = about(error, message.envelope.id);
                let _ = message.reply.send(Err(error));
            }
        }
    }

    /// The attempt, if the deployment's circuit breaker lets it through, which then hears how
    /// it ended.
    async fn admitted(
        &mut self,
        envelope: &Envelope,
        delivery: Delivery,
    ) -> Result<Pending, CallError> {
        self.core
            .refuse_if_late(envelope, "before the turn began")?;
        // From here on the turn has its module, whatever is activated meanwhile.
        let deployment = self.claim().await?;
        if delivery == Delivery::SkipGuest {
            return self.attempt(&deployment, envelope, delivery).await;
        }
        let permit = deployment.admit(self.core.clock.now_ms())?;
        let begun = Instant::now();
        let attempt = self.attempt(&deployment, envelope, delivery).await;
        let replayed = attempt.as_ref().map(|pending| pending.outputs.replayed);
        let took = begun.elapsed();
        deployment.metrics.turn(replayed, took);
        let ended = match &attempt {
            // The answer is from before: the module was not asked.
            Ok(pending) if pending.outputs.replayed => breaker::Outcome::Ignored,
            attempt => breaker::Outcome::of(attempt),
        };
        deployment.stats.add(ended, took);
        deployment.record(permit, ended, self.core.clock.now_ms());
        attempt
    }

    async fn attempt(
        &mut self,
        deployment: &Arc<Deployment>,
        envelope: &Envelope,
        delivery: Delivery,
    ) -> Result<Pending, CallError> {
        let core = Arc::clone(&self.core);
        self.activate(deployment).await?;
        if let Some(reply) = self.answer_from_before(envelope, delivery).await? {
            return Ok(Pending::replay(envelope, self.version(), reply));
        }
        if delivery != Delivery::Redelivery && self.is_outdated(envelope).await? {
            return Ok(Pending::nothing(envelope, self.version()));
        }

        // One instant for all of the turn: what the guest counts from is what it was told.
        let begun = Moment::of(&*core.clock);
        let migrated = self.migrate(deployment, envelope, begun).await?;
        // The store may have taken its time with all that.
        core.refuse_if_late(envelope, "before the guest was asked")?;
        let outcome = if delivery == Delivery::SkipGuest {
            Outcome::default()
        } else {
            self.ask_guest(deployment, envelope, begun, migrated.clone())
                .await?
        };

        // From here to the commit nothing waits: staging and queueing are one step.
        let Some(activation) = &mut self.activation else {
            return Err(CallError::Moved);
        };
        let now = stage::Now {
            silo: &core.silo,
            begun,
            durable: core.durable,
            delivery,
            dedupe_ms: core.settings.dedupe_ms,
            reminder: core.reminders.scheduled(envelope),
        };
        let staged = stage::stage(activation, envelope, outcome, migrated, deployment, &now);
        let Some(commit) = staged.commit else {
            return Ok(Pending::uncommitted(envelope, staged.outputs));
        };
        activation.stage(&commit);
        // Not waited for: the next turn may run on the staged state while this one becomes
        // durable.
        let ticket = core.store.commit(commit);
        Ok(Pending::committing(envelope, ticket, staged.outputs))
    }

    /// The answer that this very message got before, if it was handled before.
    async fn answer_from_before(
        &mut self,
        envelope: &Envelope,
        delivery: Delivery,
    ) -> Result<Option<Reply>, CallError> {
        match &envelope.body {
            // A timer fires once and is never sent again: there is no record of it.
            Body::Timer { .. } => return Ok(None),
            Body::Events { stream, events } if delivery != Delivery::Redelivery => {
                return self.events_from_before(envelope, stream, events).await;
            }
            Body::Call { .. } | Body::Reminder { .. } | Body::Events { .. } => {}
        }
        // The first of the two is still on its way to the store, where its reply is looked for
        // below.
        if self.pipeline.holds(envelope.id) {
            self.settle_all().await?;
        }
        // An actor that never committed anything has no reply to look for.
        if self.version() == 0 {
            return Ok(None);
        }
        let actor = &envelope.target;
        let stored = self.core.store.handled(actor, envelope.id).await;
        let Some(stored) = stored.map_err(store_error)? else {
            return Ok(None);
        };
        // An old answer to another question would be worse than none.
        if stored.fingerprint != envelope.body.fingerprint() {
            return Err(CallError::MessageIdReused { id: envelope.id });
        }
        Ok(Some(Reply {
            body: stored.reply,
            declined: stored.declined,
            replayed: true,
            durability: self.core.store.durability(),
        }))
    }

    /// Events of a stream come in order, so the last position tells which were handled.
    async fn events_from_before(
        &mut self,
        envelope: &Envelope,
        stream: &Arc<str>,
        events: &[StreamEvent],
    ) -> Result<Option<Reply>, CallError> {
        let Some(activation) = &mut self.activation else {
            return Ok(None);
        };
        let cursor = match activation.cursor(stream) {
            Some(cursor) => cursor,
            None => {
                let actor = &envelope.target;
                let store = &self.core.store;
                let cursor = store.cursor(actor.actor_type(), stream, actor.key()).await;
                let cursor = cursor.map_err(store_error)?;
                activation.set_cursor(stream, cursor);
                cursor
            }
        };
        let handled = events.iter().filter(|e| e.position <= cursor).count();
        if handled == 0 {
            return Ok(None);
        }
        if handled < events.len() {
            // The pump that brought them must see where the subscriber stands, and bring the
            // rest.
            return Err(CallError::Moved);
        }
        Ok(Some(Reply {
            body: Bytes::new(),
            declined: false,
            replayed: true,
            durability: self.core.store.durability(),
        }))
    }

    /// A reminder that was cancelled or set anew since it fired. Turns in flight may do
    /// either, so they are waited for.
    async fn is_outdated(&mut self, envelope: &Envelope) -> Result<bool, CallError> {
        if !matches!(envelope.body, Body::Reminder { .. }) {
            return Ok(false);
        }
        self.settle_all().await?;
        Ok(self.core.reminders.scheduled(envelope).is_none())
    }

    /// State of an older layout becomes state of the module's; older code never gets newer state.
    async fn migrate(
        &mut self,
        deployment: &Arc<Deployment>,
        envelope: &Envelope,
        begun: Moment,
    ) -> Result<Option<pizza_types::State>, CallError> {
        let schema = deployment.module.schema();
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
        if !deployment.module.hooks().migrate {
            return Ok(None);
        }
        let outcome = self
            .ask_migrate(deployment, envelope, begun, state.clone())
            .await?;
        match outcome.state {
            pizza_types::StateWrite::Set(state) => Ok(Some(state)),
            _ => Ok(None),
        }
    }
}
