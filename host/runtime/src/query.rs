//! Reads. They run beside turns, on the state as the last finished turn left it, and
//! their answers too wait until that state is durable.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use pizza_guest::log;
use pizza_types::{CallError, Reply};

use crate::activation::Activation;
use crate::actor_loop::{ActorLoop, turn_input, what};
use crate::breaker::Ended;
use crate::calls::TurnCalls;
use crate::catalog::ActorType;
use crate::clock::Moment;
use crate::gate::Gate;
use crate::silo::Core;
use crate::slot::Queued;

impl ActorLoop {
    pub(crate) async fn begin_query(&mut self, query: Queued) {
        match (self.woken().await, &self.activation) {
            (Err(error), _) => drop(query.reply.send(Err(error))),
            (Ok(actor_type), Some(activation)) => {
                let gate = &self.pipeline.gate;
                let answering = answer(&self.core, actor_type, activation, gate, query);
                let mut answering = Box::pin(answering);
                // Most queries wait for nothing, and need no task of their own.
                let first = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context)));
                if first.await.is_pending() {
                    tokio::spawn(answering);
                }
            }
            (Ok(_), None) => drop(query.reply.send(Err(CallError::Moved))),
        }
    }

    async fn woken(&mut self) -> Result<Arc<ActorType>, CallError> {
        let actor_type = self.claim().await?;
        self.wake(&actor_type).await?;
        Ok(actor_type)
    }
}

/// Beside a turn that is suspended.
pub(crate) fn spawn(
    core: &Arc<Core>,
    actor_type: &Arc<ActorType>,
    activation: &Activation,
    gate: &Gate,
    query: Queued,
) {
    let actor_type = Arc::clone(actor_type);
    tokio::spawn(answer(core, actor_type, activation, gate, query));
}

/// What there is to read is taken at once; the answer may come later.
fn answer(
    core: &Arc<Core>,
    actor_type: Arc<ActorType>,
    activation: &Activation,
    gate: &Gate,
    query: Queued,
) -> impl Future<Output = ()> + Send + use<> {
    let version = activation.version;
    let envelope = &query.envelope;
    let begun = Moment::of(&*core.clock);
    let mut turn = turn_input(core, activation, envelope, begun, what(&envelope.body));
    turn.calls = Arc::new(TurnCalls::new(core, envelope, gate.clone(), version));
    let (core, gate) = (Arc::clone(core), gate.clone());
    async move {
        if !query.start() {
            return;
        }
        let answer = async {
            core.refuse_if_late(&query.envelope, "before the query began")?;
            let pass = actor_type.admit(core.clock.now_ms())?;
            let begun = Instant::now();
            let outcome = actor_type.module.run(turn).await.map_err(CallError::from);
            let ended = Ended::of(&outcome);
            actor_type.tally.add(ended, begun.elapsed());
            actor_type.ended(pass, ended, core.clock.now_ms());
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
