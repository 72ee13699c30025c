//! Reads. They run beside turns, on the state as the last finished turn left it, and
//! their answers too wait until that state is durable.

use std::sync::Arc;
use std::time::Instant;

use pizza_clock::Moment;
use pizza_guest::{Invocation, log};
use pizza_types::{ActorId, CallError, Reply};

use crate::activation::Activation;
use crate::breaker::Outcome;
use crate::calls::TurnCalls;
use crate::core::{Core, store_error};
use crate::deployment::Deployment;
use crate::guest_turn;
use crate::pipeline::Pipeline;
use crate::slot::{Queued, Until};
use crate::tail;

/// Answers a query beside a turn that is suspended.
pub(crate) fn spawn(
    core: &Arc<Core>,
    deployment: &Arc<Deployment>,
    activation: &Activation,
    pipeline: &Pipeline,
    query: Queued,
) {
    let deployment = Arc::clone(deployment);
    tokio::spawn(answer(core, deployment, activation, pipeline, query));
}

/// Answers a query. What there is to read is taken at once, so that a later turn does not show in
/// it; the answer may come later.
pub(crate) fn answer(
    core: &Arc<Core>,
    deployment: Arc<Deployment>,
    activation: &Activation,
    pipeline: &Pipeline,
    query: Queued,
) -> impl Future<Output = ()> + Send + use<> {
    let (version, epoch) = (activation.version, activation.epoch);
    let (gate, is_staged) = (pipeline.gate.clone(), pipeline.is_staged());
    let envelope = &query.envelope;
    let begun = Moment::of(&*core.clock);
    let message = Invocation::Message(envelope.body.clone());
    let calls = Arc::new(TurnCalls::new(
        core,
        envelope,
        gate.clone(),
        version,
        is_staged,
        false,
    ));
    let of_turn = Arc::clone(&calls);
    let turn = guest_turn::for_message(core, activation, envelope, begun, message, of_turn);
    let core = Arc::clone(core);
    async move {
        if !query.start() {
            return;
        }
        let limit = deployment.policy.mailbox_max;
        let answer = async {
            core.refuse_if_late(&query.envelope, "before the query began")?;
            let permit = deployment.admit(core.clock.now_ms())?;
            let begun = Instant::now();
            let outcome = deployment.guest.run(turn).await.map_err(CallError::from);
            let (ended, took) = (Outcome::of(&outcome), begun.elapsed());
            deployment.stats.add(ended, took);
            let now_ms = core.clock.now_ms();
            deployment.record(permit, ended, now_ms);
            deployment.tell(&query.envelope, &outcome, Deployment::how, took, now_ms);
            deployment.metrics.query(&outcome);
            let outcome = outcome?;
            // After the run, so that the wait for the disk and the reading overlap.
            if query.until == Until::Durable || !is_staged {
                gate.passed(version).await?;
            }
            still_ours(&core, &query.envelope.target, epoch).await?;
            log::write(&query.envelope.target, &outcome.logs, log::Turn::Committed);
            Ok(Reply {
                body: outcome.reply,
                declined: outcome.declined,
                replayed: false,
                durability: core.store.durability(),
            })
        };
        let answer = answer.await;
        if answer.is_err() && gate.is_void() {
            // What it read never was. It reads again, unless there is no room for it.
            let _ = core.enqueue(query.again(), limit);
            return;
        }
        // Its own state is durable; what it asked others for may not be, and an error may tell
        // of either.
        if query.until == Until::Durable && (calls.have_left() || answer.is_err()) {
            return query.answer(tail::passed(&core, answer).await);
        }
        query.answer(answer);
    }
}

/// Lets nobody hear of a state that may be of the past: without a lease the store is asked who has the
/// actor, and always for an actor without a record, whose epoch is 0.
async fn still_ours(core: &Core, actor: &ActorId, epoch: u64) -> Result<(), CallError> {
    // What has no record has no owner: a lease does not keep others from making one.
    let is_owned = epoch > 0 || core.membership.is_alone();
    if is_owned && core.holds_lease() {
        return Ok(());
    }
    let record = core.store.record(actor).await.map_err(store_error)?;
    let now = record.map_or(0, |record| record.epoch);
    if now == epoch {
        Ok(())
    } else {
        Err(CallError::Moved)
    }
}
