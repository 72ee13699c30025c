//! Stateless workers: the actors of a type that is placed at random. Every silo computes for them by itself, with
//! nothing in memory, no record in the store and no commit; so a message that is repeated is computed
//! again, and several for one of them are at work at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use pizza_clock::Moment;
use pizza_cluster::Delivery;
use pizza_guest::{Invocation, log};
use pizza_types::{CallError, Effect, Envelope, Outcome, Reply, StateWrite};

use crate::activation::Activation;
use crate::breaker;
use crate::calls::TurnCalls;
use crate::core::Core;
use crate::deployment::Deployment;
use crate::gate::Gate;
use crate::guest_turn;
use crate::slot::Until;
use crate::tail;

/// What a turn has broken that wanted something to be kept.
const BOUND: &str = "stateless";
/// When there is likely to be room again, in milliseconds.
const RETRY_MS: u64 = 100;

/// One computation more is at work, until this goes.
struct AtWork<'a>(&'a Core, &'a Deployment);

impl<'a> AtWork<'a> {
    /// # Errors
    /// When as many are at work, or wait for an instance, as may wait for one actor.
    fn begin(core: &'a Core, deployment: &'a Deployment) -> Result<Self, CallError> {
        let before = deployment.computing.fetch_add(1, Ordering::AcqRel);
        core.at_work.fetch_add(1, Ordering::AcqRel);
        let at_work = Self(core, deployment);
        let limit = deployment.policy.mailbox_max;
        if before >= limit {
            return Err(CallError::Overloaded {
                what: format!("{limit} calls of {} are at work", deployment.actor_type),
                retry_after_ms: RETRY_MS,
            });
        }
        Ok(at_work)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::AcqRel);
        self.1.computing.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Core {
    /// Answers a message to a stateless worker here. Whoever stops waiting stops the computation.
    ///
    /// # Errors
    /// Why there is no answer; [`CallError::Failed`] when the turn wants anything to be kept, of which
    /// nothing is done then.
    pub(crate) async fn compute(
        self: &Arc<Self>,
        deployment: &Arc<Deployment>,
        envelope: Envelope,
        delivery: Delivery,
        until: Until,
    ) -> Result<Reply, CallError> {
        if delivery == Delivery::SkipGuest {
            return Ok(self.computed(Outcome::default()));
        }
        let is_query = deployment.is_query(&envelope.body)?;
        let _at_work = AtWork::begin(self, deployment)?;
        let permit = deployment.admit(self.clock.now_ms())?;
        // There are no commits before it, and none of its own, so nothing holds its calls back.
        let calls = TurnCalls::new(self, &envelope, Gate::new(0), 0, true, false);
        let calls = Arc::new(calls);
        let turn = guest_turn::for_message(
            self,
            &Activation::absent(0),
            &envelope,
            Moment::of(&*self.clock),
            Invocation::Message(envelope.body.clone()),
            Arc::clone(&calls) as Arc<_>,
        );
        let begun = Instant::now();
        let outcome = deployment.guest.run(turn).await.map_err(CallError::from);
        let outcome = outcome.and_then(keeps_nothing);
        let (ended, took) = (breaker::Outcome::of(&outcome), begun.elapsed());
        deployment.stats.add(ended, took);
        let now_ms = self.clock.now_ms();
        deployment.record(permit, ended, now_ms);
        deployment.tell(&envelope, &outcome, Deployment::how, took, now_ms);
        if is_query {
            deployment.metrics.query(&outcome);
        } else {
            deployment
                .metrics
                .turn(outcome.as_ref().map(|_| false), took);
        }
        let answer = outcome.map(|outcome| {
            log::write(&envelope.target, &outcome.logs, log::Turn::Committed);
            self.computed(outcome)
        });
        // It may tell of what others have staged.
        if until == Until::Durable && calls.have_left() {
            return tail::passed(self, answer).await;
        }
        answer
    }

    fn computed(&self, outcome: Outcome) -> Reply {
        Reply {
            body: outcome.reply,
            declined: outcome.declined,
            replayed: false,
            durability: self.store.durability(),
        }
    }
}

/// The outcome, if there is nothing to keep of it but the reply.
fn keeps_nothing(outcome: Outcome) -> Result<Outcome, CallError> {
    if outcome.declined || outcome.changes_nothing() {
        return Ok(outcome);
    }
    let mut wanted = Vec::new();
    if outcome.state != StateWrite::Keep {
        wanted.push("state");
    }
    if !outcome.entries.is_empty() {
        wanted.push("entries");
    }
    for effect in &outcome.effects {
        let what = match effect {
            Effect::Send { .. } => "messages",
            Effect::Publish { .. } => "events",
            Effect::SetReminder { .. } | Effect::CancelReminder { .. } => "reminders",
            Effect::SetTimer { .. } | Effect::CancelTimer { .. } => "timers",
            Effect::End => "its end",
        };
        if !wanted.contains(&what) {
            wanted.push(what);
        }
    }
    Err(CallError::Failed {
        bound: BOUND.into(),
        detail: format!(
            "nothing is kept of an actor that is placed at random, and its turn wants to keep {}: place its type otherwise in [silo.placement], or let it only answer",
            wanted.join(", ")
        ),
    })
}
