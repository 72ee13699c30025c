//! Reads. They run beside turns, on the state as the last finished turn left it, and
//! their answers too wait until that state is durable.

use std::sync::Arc;

use pizza_guest::log;
use pizza_types::{CallError, Reply};

use crate::activation::Activation;
use crate::actor_loop::{ActorLoop, turn_input, what};
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
                spawn(&self.core, activation, &self.pipeline.gate, query);
            }
            (Ok(()), None) => drop(query.reply.send(Err(CallError::Moved))),
        }
    }
}

pub(crate) fn spawn(core: &Arc<Core>, activation: &Activation, gate: &Gate, query: Queued) {
    if !query.start() {
        return;
    }
    let version = activation.version;
    let envelope = &query.envelope;
    let mut turn = turn_input(core, activation, envelope, what(&envelope.body));
    turn.calls = Arc::new(TurnCalls::new(core, envelope, gate.clone(), version));
    let (core, gate) = (Arc::clone(core), gate.clone());
    tokio::spawn(async move {
        let answer = async {
            core.refuse_if_late(&query.envelope, "before the query began")?;
            let actor_type = core.catalog.get(query.envelope.target.actor_type())?;
            let outcome = actor_type.module.run(turn).await?;
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
    });
}
