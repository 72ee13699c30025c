//! The turn: what happens to one message, from its envelope to what leaves.
//!
//! [`turn`](Actor::turn) takes the envelope, [`attempt`](Actor::attempt) asks the guest, stages
//! what it wants and queues the commit; [`advance`] acts once the commit is durable, which may be
//! while the next turn runs. Another actor of this silo that waits for the answer goes on as soon
//! as the commit is staged, where that is final.

use std::sync::Arc;
use std::time::Instant;

use pizza_clock::Moment;
use pizza_cluster::Delivery;
use pizza_guest::follow::How;
use pizza_guest::{Invocation, Turn, log};
use pizza_store::apply::delayed_key;
use pizza_store::{Commit, CommitError, Committed, DelayedRow, LogEntry, LogKey};
use pizza_types::{ActorId, Body, CallError, Envelope, MessageId, Outcome, Reply};

use crate::actor::Actor;
use crate::breaker;
use crate::calls::TurnCalls;
use crate::core::Core;
use crate::deployment::Deployment;
use crate::pipeline::{Pending, Pipeline, Settled};
use crate::slot::{Queued, Until};
use crate::stage::{self, Outputs};
use crate::{guardian, guest_turn, notices, query, tail};

impl Actor {
    /// Handles one message. Its reply and effects leave later, when the commit that is
    /// queued here has become durable; see [`advance`].
    pub(crate) async fn turn(&mut self, message: Queued) {
        // The sender may have given up while the message waited: then it is never executed.
        if !message.start() {
            return;
        }
        let attempt = self.admitted(&message.envelope, message.delivery).await;
        if self.pipeline.is_void() {
            // Meanwhile a commit that it stood on was refused: whatever came of it, it was
            // never so. Those in flight came before it, and so are run again before it.
            let _ = self.settle_all().await;
            self.pipeline.void.push(message);
            return;
        }
        match attempt {
            Ok(pending) => self.pipeline.push(message, pending),
            Err(error) => {
                let error = about(error, message.envelope.id);
                self.decline(message, error);
            }
        }
    }

    /// Ends a message of which nothing was staged. Its error may tell of what others have staged.
    fn decline(&self, message: Queued, error: CallError) {
        let is_told_outside = message.until != Until::Staged;
        let tail = is_told_outside.then(|| self.core.store.tail()).flatten();
        let Some(tail) = tail else {
            return message.answer(Err(error));
        };
        // By itself: the next turn need not wait for that.
        tokio::spawn(async move { message.answer(tail::behind(tail, Err(error)).await) });
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
        let deployment = match self.open().await {
            Err(error @ CallError::Retired { .. }) => return self.retired(envelope, error).await,
            opened => opened?,
        };
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
            // The answer is from before, whatever the module made of it.
            Ok(pending) if pending.outputs.replayed => breaker::Outcome::Ignored,
            attempt => breaker::Outcome::of(attempt),
        };
        deployment.stats.add(ended, took);
        let now_ms = self.core.clock.now_ms();
        deployment.record(permit, ended, now_ms);
        let how = |pending: &Pending| match &pending.outputs {
            outputs if outputs.replayed => How::Repeated,
            outputs if outputs.declined => How::Declined,
            _ => How::Handled,
        };
        deployment.tell(envelope, &attempt, how, took, now_ms);
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
        if let Some(pending) = self.needs_no_turn(envelope, delivery).await? {
            return Ok(pending);
        }

        // One instant for all of the turn: what the guest counts from is what it was told.
        let begun = Moment::of(&*core.clock);
        let migrated = self.migrate(deployment, envelope, begun).await?;
        // The store may have taken its time with all that.
        core.refuse_if_late(envelope, "before the guest was asked")?;
        let is_recorded = delivery == Delivery::Redelivery || is_recorded(&envelope.body);
        let calls = self.calls(envelope, is_recorded);
        let outcome = if delivery == Delivery::SkipGuest {
            Ok(Outcome::default())
        } else {
            let message = Invocation::Message(envelope.body.clone());
            let mut turn = self.turn_for(envelope, begun, message, Arc::clone(&calls))?;
            // Not in the activation: the migrated state counts only if this turn commits.
            turn.state = migrated.clone().or(turn.state);
            self.run_guest(deployment, turn).await
        };
        let outcome = match (outcome, calls.answered_before()) {
            (_, Some(stored)) => return self.replay(envelope, stored),
            (Ok(outcome), None) => outcome,
            // A repeat may fail on newer state where the first did not.
            (Err(error), None) => {
                let before = self.answered_before(envelope, is_recorded).await?;
                return before.map_or(Err(error), |stored| self.replay(envelope, stored));
            }
        };

        // From here to the commit nothing waits: staging and queueing are one step. On what was
        // refused meanwhile nothing is staged.
        let Some(activation) = self
            .activation
            .as_mut()
            .filter(|_| !self.pipeline.is_void())
        else {
            return Err(CallError::Moved);
        };
        let now = stage::Now {
            silo: core.membership.me(),
            begun,
            durable: core.durable,
            delivery,
            dedupe_ms: core.settings.dedupe_ms,
        };
        core.cells.refuse_if_full(&outcome.effects)?;
        let outputs = stage::stage(activation, envelope, outcome, migrated, deployment, &now);
        let Some(commit) = &outputs.commit else {
            let tail = calls.have_left().then(|| core.store.tail());
            return Ok(Pending::uncommitted(outputs).behind(tail.flatten()));
        };
        // Not waited for: the next turn may run on the staged state while this one becomes
        // durable. Whether the message was handled before, the commit finds out.
        let ticket = core.store.commit(Arc::clone(commit));
        if let Some(error) = ticket.refusal() {
            return self.refused(envelope, error.clone());
        }
        activation.stage(commit, self.pipeline.gate.durable_version());
        Ok(Pending::committing(ticket, outputs))
    }

    /// What becomes of a turn whose commit was refused when it was to be staged: the actor is as
    /// it was before it.
    fn refused(&mut self, envelope: &Envelope, error: CommitError) -> Result<Pending, CallError> {
        match error {
            CommitError::Handled(stored) => self.replay(envelope, *stored),
            error @ (CommitError::Refused { .. } | CommitError::Full { .. }) => {
                Err(refusal(error, &envelope.target, envelope.id))
            }
            // Somebody else has opened the actor: what is in memory is of the past.
            error => {
                let error = refusal(error, &envelope.target, envelope.id);
                self.pipeline.is_lost = true;
                self.pipeline.gate.break_with(&error);
                Err(error)
            }
        }
    }

    pub(crate) fn calls(&self, envelope: &Envelope, is_recorded: bool) -> Arc<TurnCalls> {
        let version = self.version();
        // An actor that never committed anything has handled nothing.
        let has_lived = self.activation.as_ref().is_some_and(|a| a.has_lived());
        let is_recorded = is_recorded && has_lived;
        let (gate, is_staged) = (self.pipeline.gate.clone(), self.pipeline.is_staged());
        let core = &self.core;
        let calls = TurnCalls::new(core, envelope, gate, version, is_staged, is_recorded);
        Arc::new(calls)
    }

    pub(crate) fn turn_for(
        &self,
        envelope: &Envelope,
        begun: Moment,
        invocation: Invocation,
        calls: Arc<TurnCalls>,
    ) -> Result<Turn, CallError> {
        let Some(activation) = self.activation.as_deref() else {
            return Err(CallError::Moved);
        };
        let core = &self.core;
        Ok(guest_turn::for_message(
            core, activation, envelope, begun, invocation, calls,
        ))
    }

    /// Runs the guest, and meanwhile acts on earlier turns as they become durable, and lets
    /// queries read beside it.
    pub(crate) async fn run_guest(
        &mut self,
        deployment: &Arc<Deployment>,
        turn: Turn,
    ) -> Result<Outcome, CallError> {
        let Some(activation) = self.activation.as_deref() else {
            return Err(CallError::Moved);
        };
        let running = deployment.guest.run(turn);
        tokio::pin!(running);
        loop {
            tokio::select! {
                // Most turns end at the first poll; nothing else is then looked at.
                biased;
                outcome = &mut running => return outcome.map_err(CallError::from),
                () = advance(&self.core, &mut self.pipeline) => {}
                // What is void is not read any more: such a query would come back at once.
                () = self.arrival.notified(), if !self.pipeline.is_void() => {
                    while let Some(query) = self.slot.next_query() {
                        query::spawn(&self.core, deployment, activation, &self.pipeline, query);
                    }
                }
            }
        }
    }

    /// Waits until everything in flight is durable.
    ///
    /// # Errors
    /// Why a commit in flight never will be.
    pub(crate) async fn settle_all(&mut self) -> Result<(), CallError> {
        while !self.pipeline.is_empty() {
            advance(&self.core, &mut self.pipeline).await;
        }
        self.pipeline.gate.broken().map_or(Ok(()), Err)
    }
}

/// Whether handling such a message is recorded under its id.
fn is_recorded(body: &Body) -> bool {
    matches!(body, Body::Call { .. } | Body::Reminder { .. })
}

/// Acts on the oldest turn in flight, once its outcome is known: never resolves when there is
/// none. Turns of an actor are acted on in their order.
pub(crate) async fn advance(core: &Arc<Core>, pipeline: &mut Pipeline) {
    let Settled {
        message,
        outcome,
        outputs,
    } = pipeline.next().await;
    // A turn that had nothing to write still stands on those before it.
    if pipeline.is_void() {
        return pipeline.void.push(message);
    }
    let id = message.envelope.id;
    let reply = match (pipeline.gate.broken(), outcome) {
        // After one of which nobody knows what became, nobody knows of those that stand on it.
        (Some(error), _) => Err(about(error, id)),
        (None, Ok(committed)) => {
            // First: calls of the next turn may be waiting for just this version.
            pipeline.gate.raise(outputs.version);
            Ok(act(core, outputs, committed))
        }
        (None, Err(CommitError::Handled(stored))) => {
            // Those behind it stood on a turn that never was.
            pipeline.gate.break_with(&CallError::Moved);
            if let Some(deployment) = core.catalog.find(message.envelope.target.actor_type()) {
                deployment.metrics.repeated();
            }
            core.earlier_reply(&message.envelope, *stored)
        }
        (None, Err(error)) => {
            let is_certain = matches!(
                error,
                CommitError::Refused { .. } | CommitError::Full { .. }
            );
            pipeline.is_lost = !is_certain;
            let error = refusal(error, &message.envelope.target, id);
            pipeline.gate.break_with(&error);
            Err(error)
        }
    };
    message.answer(reply);
}

/// Lets go what was waiting for the commit, and gives the reply.
fn act(core: &Arc<Core>, outputs: Outputs, committed: Option<Committed>) -> Reply {
    log::write(&outputs.actor, &outputs.logs, log::Turn::Committed);
    for change in outputs.timers {
        core.timers.apply(outputs.begun, &outputs.actor, change);
    }
    let durability = committed
        .as_ref()
        .map_or(core.store.durability(), |committed| committed.durability);
    if let (Some(commit), Some(committed)) = (outputs.commit, committed) {
        // Nobody else has it by now, so nothing is copied.
        let commit = Arc::unwrap_or_clone(commit);
        release(core, commit, outputs.begun, committed.log);
    }
    Reply {
        body: outputs.reply,
        declined: outputs.declined,
        replayed: outputs.replayed,
        durability,
    }
}

/// What of a commit concerns others than its actor; `number` is that of its entry in the log.
fn release(core: &Arc<Core>, commit: Commit, begun: Moment, number: Option<u64>) {
    let actor = &commit.actor;
    let is_due_here = core.membership.guards(actor.shard());
    let plans = !commit.reminders.is_empty() || !commit.delayed.is_empty();
    if plans && !is_due_here {
        notices::worker::tell(core, actor.shard(), true);
    }
    for write in commit.reminders.into_iter().filter(|_| is_due_here) {
        core.reminders.apply(core.durable, actor, write, begun);
    }
    for write in commit.delayed.into_iter().filter(|_| is_due_here) {
        let row = DelayedRow {
            key: delayed_key(actor, commit.version + 1, write.index),
            not_before_ms: write.not_before_ms,
            envelope: write.envelope,
        };
        if !core.membership.is_alone() && !core.outbox.is_new(&row.key) {
            continue;
        }
        let sent = core.outbox.send_later(core.durable, row, begun.now_ms);
        core.start_lanes(sent);
    }
    // Where the log's reader appends events, it tells of them.
    if !core.store.relays() {
        for event in &commit.leaving.events {
            core.published(&event.keys);
        }
    }
    if let Some(number) = number {
        let shard = actor.shard();
        let entry = LogEntry {
            key: LogKey { shard, number },
            actor: commit.actor,
            version: commit.version + 1,
            at_ms: commit.now_ms,
            leaving: commit.leaving,
        };
        guardian::committed(core, entry);
    }
}

fn refusal(error: CommitError, actor: &ActorId, message: MessageId) -> CallError {
    match error {
        // Another silo has the actor, or had it meanwhile: nothing of this was written.
        CommitError::Fenced { .. } | CommitError::Stale { .. } | CommitError::Handled(_) => {
            CallError::Moved
        }
        CommitError::Retired { .. } => CallError::Retired {
            actor: actor.to_string(),
        },
        CommitError::Refused { detail } => CallError::Store { detail },
        CommitError::Full { detail } => CallError::StorageFull { detail },
        CommitError::Unknown { detail } => CallError::Unknown {
            id: message,
            detail,
        },
    }
}

/// What went wrong for an earlier message, as it concerns this one.
fn about(error: CallError, message: MessageId) -> CallError {
    match error {
        CallError::Unknown { detail, .. } => {
            let id = message;
            CallError::Unknown { id, detail }
        }
        other => other,
    }
}
