//! Reads. They run beside turns, on the state as the last finished turn left it, and
//! their answers too wait until that state is durable.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_guest::log;
use pizza_store::{ActorRecord, Claimed};
use pizza_types::{CallError, Reply};

use crate::activation::Activation;
use crate::actor_loop::{ActorLoop, turn_input, what};
use crate::calls::TurnCalls;
use crate::gate::Gate;
use crate::silo::Core;
use crate::slot::Queued;

impl ActorLoop {
    pub(crate) async fn begin_query(&mut self, query: Queued) {
        match self.readable(&query).await {
            Ok(Some(nobody)) => spawn(&self.core, &nobody, &Gate::new(0), query),
            Ok(None) => {
                if let Some(activation) = &self.activation {
                    spawn(&self.core, activation, &self.pipeline.gate, query);
                }
            }
            Err(error) => drop(query.reply.send(Err(error))),
        }
    }

    /// Makes sure that there is something to read. An actor that was never claimed stays
    /// so: asking for it must not fill the store. Its stand-in is returned.
    async fn readable(&mut self, query: &Queued) -> Result<Option<Activation>, CallError> {
        let target = &query.envelope.target;
        if self.activation.is_none() {
            let record = self.core.store.record(target).await;
            if record.map_err(crate::silo::store_error)?.is_none() {
                return Ok(Some(self.nobody()));
            }
        }
        let actor_type = self.core.catalog.get(target.actor_type())?;
        self.activate(&actor_type).await?;
        Ok(None)
    }

    fn nobody(&self) -> Activation {
        let record = ActorRecord {
            state: None,
            version: 0,
            epoch: 0,
            owner: self.core.silo.clone(),
            module: None,
        };
        let entries = BTreeMap::new();
        Activation::new(Claimed { record, entries })
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
