//! Which silo has an actor: every message takes this way, and is sent on until it is there.
//!
//! A silo is asked that is likely to have it: the one that was last heard to, or the home of its
//! shard, or another one by the placement of its type. Each of them either has it, takes it, or names who has it, as the record in the store says.
//! `Moved` is what they say among each other; whoever asked never hears it.

use std::sync::Arc;

use pizza_cluster::{Delivery, LinkError, Placement, Request, Response};
use pizza_types::{ActorId, CallError, Envelope, Reply, SiloId, backoff};

use crate::actor::no_lease;
use crate::core::Core;
use crate::metrics;
use crate::placed::placement;
use crate::slot::Until;

/// After so many silos in a row that had it not, there is a pause: views are changing.
const HOPS_MAX: u32 = 4;
/// The pauses between tries, in milliseconds; they double.
const FIRST_PAUSE_MS: u64 = 10;
const LONGEST_PAUSE_MS: u64 = 200;
/// How often it is looked whether the lease is back, in milliseconds.
const LEASE_PAUSE_MS: u64 = 20;
/// How much later than its deadline an answer may come: a turn that has begun is waited for.
const GRACE_MS: u64 = 1_000;

/// What one try came to.
enum Attempt {
    Settled(Result<Reply, CallError>),
    /// It is somewhere else; nothing was done.
    Elsewhere,
    /// Nothing was done, and it is not known who would do it.
    Unavailable(CallError),
    /// It may have been done.
    Lost(String),
}

impl Core {
    /// Brings a message to its actor, wherever that is, and answers when the turn is durable.
    ///
    /// # Errors
    /// Why there is no answer; what an actor declines is an answer.
    pub(crate) async fn deliver(self: &Arc<Self>, envelope: Envelope) -> Result<Reply, CallError> {
        let (delivery, until) = (Delivery::Normal, Until::Durable);
        self.deliver_as(envelope, delivery, until).await
    }

    /// Like [`deliver`](Self::deliver), in another way than the usual one.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    pub(crate) async fn deliver_as(
        self: &Arc<Self>,
        envelope: Envelope,
        delivery: Delivery,
        until: Until,
    ) -> Result<Reply, CallError> {
        if let Some(cell) = self.cells.abroad(envelope.target.key()) {
            let cell = cell.name.clone();
            return Box::pin(self.deliver_abroad(cell, envelope, delivery)).await;
        }
        if self.membership.is_alone() {
            return self.deliver_here(envelope, delivery, until).await;
        }
        // Boxed: a silo that is alone does not pay for its size.
        Box::pin(self.route(envelope, delivery, until)).await
    }

    /// Waits until this silo may speak for its actors: one that has lost its lease may run turns that
    /// another silo has run already, and nobody is to hear of them.
    ///
    /// # Errors
    /// When it never may again, or the deadline passes.
    pub(crate) async fn wait_for_lease(&self, deadline_ms: u64) -> Result<(), CallError> {
        while !self.holds_lease() {
            if self.membership.is_expelled() {
                return Err(CallError::Moved);
            }
            if self.clock.now_ms() >= deadline_ms {
                return Err(no_lease());
            }
            self.pause(LEASE_PAUSE_MS).await;
        }
        Ok(())
    }

    async fn route(
        self: &Arc<Self>,
        envelope: Envelope,
        delivery: Delivery,
        until: Until,
    ) -> Result<Reply, CallError> {
        let (mut tries, mut hops) = (0, 0);
        let (mut in_doubt, mut failed) = (None, None);
        let deployment = self.catalog.find(envelope.target.actor_type());
        let placement = placement(deployment.as_ref());
        loop {
            let silo = self.whereabouts(&envelope.target, placement, failed.as_ref())?;
            let attempt = match &silo {
                None => here(self.deliver_here(envelope.clone(), delivery, until).await),
                Some(silo) => self.deliver_there(silo, &envelope, delivery).await,
            };
            if let (Attempt::Settled(Ok(_)), Some(silo)) = (&attempt, &silo)
                && placement.is_to_be_remembered()
            {
                self.owners.learn(&envelope.target, silo.clone());
            }
            if !matches!(attempt, Attempt::Settled(_)) {
                metrics::rerouted();
            }
            let failure = match attempt {
                Attempt::Settled(outcome) => return outcome,
                Attempt::Elsewhere => {
                    hops += 1;
                    if hops % HOPS_MAX != 0 {
                        continue;
                    }
                    CallError::Moved
                }
                Attempt::Unavailable(error) => error,
                Attempt::Lost(detail) => {
                    in_doubt = Some(detail);
                    CallError::Moved
                }
            };
            failed = silo;
            tries += 1;
            let random = self.entropy.next();
            let pause_ms = backoff::pause_ms(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, tries, random);
            let next_ms = self.clock.now_ms().saturating_add(pause_ms);
            if next_ms >= envelope.deadline_ms || self.is_stopping() {
                return Err(gave_up(&envelope, in_doubt, failure));
            }
            self.clock.sleep_until(next_ms).await;
        }
    }

    /// Whether a message to the actor stays on this silo, as far as is known.
    pub(crate) fn is_here(&self, actor: &ActorId) -> bool {
        let deployment = self.catalog.find(actor.actor_type());
        let silo = self.whereabouts(actor, placement(deployment.as_ref()), None);
        matches!(silo, Ok(None))
    }

    /// The silo that is to be asked for an actor; `None` for this one.
    ///
    /// # Errors
    /// As [`chosen`](Self::chosen).
    fn whereabouts(
        &self,
        actor: &ActorId,
        placement: &Placement,
        failed: Option<&SiloId>,
    ) -> Result<Option<SiloId>, CallError> {
        let me = self.membership.me();
        let known = self.membership.known();
        // A stateless worker is nowhere: any silo will do.
        let owner = if placement.is_stateless() {
            None
        } else {
            self.owners.of(actor)
        };
        // Who is not in the view any more has nothing any more.
        let owner = owner.filter(|owner| known.view.members.contains_key(owner));
        if owner.is_none() && self.slots.is_at_work(actor).is_some() {
            return Ok(None);
        }
        let silo = match owner {
            Some(owner) => Some(owner),
            None => self.chosen(placement, actor, &known, failed)?,
        };
        Ok(silo.filter(|silo| silo != me))
    }

    async fn deliver_there(
        self: &Arc<Self>,
        silo: &SiloId,
        envelope: &Envelope,
        delivery: Delivery,
    ) -> Attempt {
        let now_ms = self.clock.now_ms();
        if let Err(error) = self.refuse_if_late(envelope, "before it was sent to its silo") {
            return Attempt::Settled(Err(error));
        }
        let request = Request::Deliver {
            envelope: envelope.clone(),
            wait_ms: envelope.deadline_ms - now_ms,
            delivery,
        };
        let until_ms = envelope.deadline_ms.saturating_add(GRACE_MS);
        let response = tokio::select! {
            biased;
            response = self.network.ask(silo, request) => response,
            () = self.clock.sleep_until(until_ms) => {
                return Attempt::Lost(format!("silo {silo} has not answered in time"));
            }
        };
        match response {
            Ok(Response::Reply(reply)) => Attempt::Settled(Ok(reply)),
            Ok(Response::Moved(owner)) => {
                self.owners.learn(&envelope.target, owner);
                Attempt::Elsewhere
            }
            Ok(Response::Refused(CallError::Moved)) => self.elsewhere(envelope),
            Ok(Response::Refused(error @ CallError::ShuttingDown)) => {
                self.owners.forget(&envelope.target);
                Attempt::Unavailable(error)
            }
            Ok(Response::Refused(error)) => here(Err(error)),
            Ok(
                Response::NotMine { .. }
                | Response::Done
                | Response::Load(_)
                | Response::Events(_)
                | Response::Keys(_)
                | Response::Failed(_),
            ) => self.elsewhere(envelope),
            Err(error @ (LinkError::NotSent { .. } | LinkError::NotUnderstood { .. })) => {
                self.owners.forget(&envelope.target);
                let detail = error.to_string();
                Attempt::Unavailable(CallError::Unreachable { detail })
            }
            Err(error @ LinkError::Lost { .. }) => Attempt::Lost(error.to_string()),
            // No other silo and no other time would make it smaller.
            Err(error @ LinkError::RequestTooLarge { .. }) => {
                let (bound, detail) = ("frame".into(), error.to_string());
                Attempt::Settled(Err(CallError::Failed { bound, detail }))
            }
            Err(error @ LinkError::ResponseTooLarge { .. }) => {
                let (id, detail) = (envelope.id, error.to_string());
                Attempt::Settled(Err(CallError::Unknown { id, detail }))
            }
        }
    }

    fn elsewhere(&self, envelope: &Envelope) -> Attempt {
        self.owners.forget(&envelope.target);
        Attempt::Elsewhere
    }
}

/// What an answer means to the router: some say only that somebody else is to be asked, or later.
fn here(outcome: Result<Reply, CallError>) -> Attempt {
    match outcome {
        Err(CallError::Moved) => Attempt::Elsewhere,
        Err(error @ CallError::Unreachable { .. }) => Attempt::Unavailable(error),
        settled => Attempt::Settled(settled),
    }
}

/// Why there is no answer, when there is no time left for another try.
fn gave_up(envelope: &Envelope, in_doubt: Option<String>, failure: CallError) -> CallError {
    match (in_doubt, failure) {
        (Some(detail), _) => CallError::Unknown {
            id: envelope.id,
            detail,
        },
        (None, CallError::Moved) => CallError::Unreachable {
            detail: format!("no silo has {} at the moment", envelope.target),
        },
        (None, failure) => failure,
    }
}
