//! Reads. They run beside turns, on the state as the last finished turn left it, and
//! their answers too wait until that state is durable.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use pizza_guest::log;
use pizza_types::{CallError, Reply};

use crate::activation::Activation;
use crate::actor_loop::{ActorLoop, turn_input, what};
use crate::breaker::Ended;
use crate::calls::TurnCalls;
use crate::gate::Gate;
use crate::silo::Core;
use crate::slot::Queued;

impl ActorLoop {
    pub(crate) async fn begin_query(&mut self, query: Queued) {
        let actor_type = self.core.catalog.get(query.envelope.target.actor_type());
        let active = match actor_type {
            Ok(actor_type) => self.activate(&actor_type).await,
            Err(error) => Err(error),
        };
        match (active, &self.activation) {
            (Err(error), _) => drop(query.reply.send(Err(error))),
            (Ok(()), Some(activation)) => {
                let answering = answer(&self.core, activation, &self.pipeline.gate, query);
                let mut answering = Box::pin(answering);
                // Most queries wait for nothing, and need no task of their own.
                let first = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context)));
                if first.await.is_pending() {
                    tokio::spawn(answering);
                }
            }
            (Ok(()), None) => drop(query.reply.send(Err(CallError::Moved))),
        }
    }
}

/// Beside a turn that is suspended.
pub(crate) fn spawn(core: &Arc<Core>, activation: &Activation, gate: &Gate, query: Queued) {
    tokio::spawn(answer(core, activation, gate, query));
}

/// What there is to read is taken at once; the answer may come later.
fn answer(
    core: &Arc<Core>,
    activation: &Activation,
    gate: &Gate,
    query: Queued,
) -> impl Future<Output = ()> + Send + use<> {
    let version = activation.version;
    let envelope = &query.envelope;
    let mut turn = turn_input(core, activation, envelope, what(&envelope.body));
    turn.calls = Arc::new(TurnCalls::new(core, envelope, gate.clone(), version));
    let (core, gate) = (Arc::clone(core), gate.clone());
    async move {
        if !query.start() {
            return;
        }
        let answer = async {
            core.refuse_if_late(&query.envelope, "before the query began")?;
            let actor_type = core.catalog.get(query.envelope.target.actor_type())?;
            let pass = actor_type.admit(core.clock.now_ms())?;
            let outcome = actor_type.module.run(turn).await.map_err(CallError::from);
            actor_type.ended(pass, Ended::of(&outcome), core.clock.now_ms());
            actor_type.figures.query(&outcome);
            let outcome = outcome?;
            gate.passed(version).await?;
            log::write(&query.envelope.target, &outcome.logs, log::Turn::Committed);
            Ok(Reply {
                body: outcome.reply,
                declined: outcome.declined,
                replayed: false,
                durability: core.store.durability(),
            })
        };
        // Whoever asked may have left.
        drop(query.reply.send(answer.await));
    }
}
