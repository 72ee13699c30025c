//! One actor's messages, one at a time. The loop exists only while there is work.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use pizza_types::CallError;
use tokio::sync::Notify;

use crate::activation::Activation;
use crate::actor::Actor;
use crate::core::Core;
use crate::deployment::Deployment;
use crate::pipeline::Pipeline;
use crate::slot::{Queued, Slot};
use crate::{deactivate, query, turn};

/// Frees the mailbox even if the loop ends by a panic: its senders then hear that the
/// outcome is unknown, and the next message starts afresh from the store.
struct Abandon(Arc<Slot>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// The actor is no longer at work when this goes.
struct AtWork(Arc<Core>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Handles the actor's messages until there are none left.
pub(crate) async fn run(
    core: Arc<Core>,
    slot: Arc<Slot>,
    arrival: Arc<Notify>,
    parked: Option<Box<Activation>>,
) {
    let _at_work = AtWork(Arc::clone(&core));
    let abandon = Abandon(Arc::clone(&slot));
    let pipeline = Pipeline::new(&core, parked.as_ref().map_or(0, |a| a.version));
    let actor = Actor {
        core,
        slot,
        arrival,
        activation: parked,
        pipeline,
    };
    actor.run().await;
    // The loop has parked the actor itself; only a panic may abandon it.
    std::mem::forget(abandon);
}

impl Actor {
    async fn run(mut self) {
        loop {
            // Before the next message: it must not run on a state that will never be durable.
            if self.pipeline.gate.broken().is_some() {
                self.start_over().await;
            }
            // Queries first: they wait for nobody, and a turn may take long.
            if let Some(query) = self.slot.next_query() {
                self.begin_query(query).await;
            } else if self.has_room()
                && let Some(message) = self.slot.next_command()
            {
                self.turn(message).await;
            } else if !self.pipeline.is_empty() {
                tokio::select! {
                    biased;
                    () = turn::advance(&self.core, &mut self.pipeline) => {}
                    // A message may fit in at once; which kind it is, the next round finds out.
                    () = self.arrival.notified() => {}
                }
            } else {
                // An actor that never committed anything has nothing to be kept for.
                let activation = self.activation.take().filter(|a| a.version > 0);
                // Parked first, then forgotten: only an actor at rest can be taken out of the
                // table.
                let forget = activation.is_none();
                let has_ended = activation.as_ref().is_some_and(|a| a.ended_ms.is_some());
                match self.slot.park(activation) {
                    Ok(()) if forget => return self.core.forget(&self.slot.id),
                    Ok(()) if has_ended => return deactivate::ended(&self.core, &self.slot.id),
                    Ok(()) => return,
                    // A message has come in between.
                    Err(activation) => self.activation = activation,
                }
            }
        }
    }

    /// A commit failed, so everything staged behind it is void: back to what the store has, from
    /// which the turns behind it are run again.
    async fn start_over(&mut self) {
        // That it failed is known; what is in flight behind it only has to be heard of.
        let _ = self.settle_all().await;
        let void = std::mem::take(&mut self.pipeline.void);
        let is_lost = self.pipeline.is_lost;
        let before = self.activation.take();
        // A new gate: the old one is broken for good. Opening sets its version.
        self.pipeline = Pipeline::new(&self.core, 0);
        if is_lost {
            // The actor may live elsewhere now, where its timers are armed; if not, `activate`
            // arms them again.
            self.core.timers.forget(&self.slot.id);
        } else if self.open().await.is_ok()
            && let Some(activation) = &mut self.activation
        {
            // It is as awake as before. Where it cannot be opened, its next message hears why.
            activation.activated = before.is_some_and(|before| before.activated);
        }
        self.slot.requeue(void);
    }

    /// Room for one more commit in flight. A full pipeline makes the actor wait, not fail.
    fn has_room(&self) -> bool {
        let deployment = self.core.catalog.find(self.slot.id.actor_type());
        // Without a module no turn will commit: one at a time may find that out.
        let limit = deployment.map_or(1, |deployment| deployment.policy.pipeline_max);
        self.pipeline.len() < limit
    }

    async fn begin_query(&mut self, query: Queued) {
        match (self.activated().await, &self.activation) {
            (Err(error), _) => query.answer(Err(error)),
            (Ok(deployment), Some(activation)) => {
                let pipeline = &self.pipeline;
                let answering = query::answer(&self.core, deployment, activation, pipeline, query);
                let mut answering = Box::pin(answering);
                // Most queries wait for nothing, and need no task of their own.
                let first = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context)));
                if first.await.is_pending() {
                    tokio::spawn(answering);
                }
            }
            (Ok(_), None) => query.answer(Err(CallError::Moved)),
        }
    }

    async fn activated(&mut self) -> Result<Arc<Deployment>, CallError> {
        let deployment = self.open().await?;
        self.activate(&deployment).await?;
        Ok(deployment)
    }
}
