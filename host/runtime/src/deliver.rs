//! The one way to an actor of this silo: every message, wherever it comes from, is delivered here.
//! Which silo that is, the [router](crate::router) finds out.

use std::sync::Arc;

use pizza_cluster::Delivery;
use pizza_types::{ActorId, Body, CallError, Chain, Envelope, MessageId, Reply};

use crate::core::Core;
use crate::deployment::Deployment;
use crate::slot::{Pushed, Queued, Ticket, Until};

/// What a caller hears when the actor's loop ended before it answered.
const NO_ANSWER: &str = "the turn ended without an answer";

impl Core {
    /// A message that the silo itself sends.
    pub(crate) fn internal(&self, target: &ActorId, body: Body) -> Envelope {
        let wait_ms = self.policy(target.actor_type()).delivery_ms;
        Envelope {
            target: target.clone(),
            body,
            id: unnamed(),
            deadline_ms: self.clock.now_ms() + wait_ms,
            chain: Chain::default(),
            caller: None,
            trace: None,
        }
    }

    /// # Errors
    /// [`CallError::Deadline`]: a call whose deadline has passed is never executed.
    pub(crate) fn refuse_if_late(
        &self,
        envelope: &Envelope,
        when: &'static str,
    ) -> Result<(), CallError> {
        if envelope.deadline_ms < self.clock.now_ms() {
            return Err(CallError::Deadline { when: when.into() });
        }
        Ok(())
    }

    /// Delivers a message to its actor, if that is or may come to this silo, and answers when the
    /// turn is durable.
    ///
    /// # Errors
    /// Why there is no answer; what an actor declines is an answer.
    pub(crate) async fn deliver_here(
        self: &Arc<Self>,
        envelope: Envelope,
        delivery: Delivery,
        until: Until,
    ) -> Result<Reply, CallError> {
        let deployment = self.refuse_chain(&envelope)?;
        self.refuse_if_late(&envelope, "before the message was queued")?;
        if deployment.policy.placement.is_stateless() {
            // Boxed: others do not pay for its size.
            return Box::pin(self.compute(&deployment, envelope, delivery, until)).await;
        }
        let (id, deadline_ms) = (envelope.id, envelope.deadline_ms);
        let mut ticket = self.submit(&deployment, envelope, delivery, until)?;
        let answer = tokio::select! {
            // An answer that is there counts, even where the deadline has just passed.
            biased;
            answer = &mut ticket.reply => answer,
            () = self.clock.sleep_until(deadline_ms) => {
                if ticket.give_up() {
                    let when = "while the message waited for its turn";
                    return Err(CallError::Deadline {
                        when: when.into(),
                    });
                }
                // The turn has begun, so its outcome will be known, and must be.
                ticket.reply.await
            }
        };
        answer.unwrap_or_else(|_| Err(no_answer(id)))
    }

    /// Which module is to answer, if the message may be sent at all by whom its callers are.
    fn refuse_chain(&self, envelope: &Envelope) -> Result<Arc<Deployment>, CallError> {
        let (chain, target) = (&envelope.chain, &envelope.target);
        // An actor handles one message at a time: a call that comes back to one which waits
        // for it would wait for ever.
        if chain.contains(target) {
            let cycle = format!("{chain} -> {target}");
            return Err(CallError::Cycle { cycle });
        }
        let deployment = self.catalog.get(target, None)?;
        let limit = deployment.policy.chain_depth_max;
        if chain.depth() > limit {
            return Err(CallError::TooDeep {
                depth: chain.depth(),
                limit,
                chain: chain.to_string(),
            });
        }
        Ok(deployment)
    }

    /// Puts the message into its actor's mailbox, and starts the actor's loop if it is idle.
    ///
    /// # Errors
    /// When the module has not the method, or may not be asked now, or the mailbox is full.
    fn submit(
        self: &Arc<Self>,
        deployment: &Deployment,
        mut envelope: Envelope,
        delivery: Delivery,
        until: Until,
    ) -> Result<Ticket, CallError> {
        // The breaker guards the guest, which is not asked then.
        if delivery != Delivery::SkipGuest {
            deployment.refuse_if_open(self.clock.now_ms())?;
        }
        // Before it is queued: a method that does not exist needs no turn to be refused.
        let query = deployment.is_query(&envelope.body)?;
        // All actors of a type share its name in memory.
        let key = Arc::clone(envelope.target.key());
        envelope.target = ActorId::new(Arc::clone(&deployment.actor_type), key)?;
        let (queued, ticket) = Queued::new(envelope, query, delivery, until);
        self.enqueue(queued, deployment.policy.mailbox_max)?;
        Ok(ticket)
    }

    /// Puts a message into its actor's mailbox, be it for the first time or again.
    ///
    /// # Errors
    /// When the mailbox is full; the message is dropped then.
    pub(crate) fn enqueue(
        self: &Arc<Self>,
        mut queued: Queued,
        limit: usize,
    ) -> Result<(), CallError> {
        let id = queued.envelope.target.clone();
        loop {
            let now_ms = self.clock.now_ms();
            let slot = self.slots.get_or_create(&id, now_ms);
            match slot.push(queued, limit, now_ms) {
                Pushed::Queued => return Ok(()),
                Pushed::StartLoop(arrival, parked) => {
                    self.start_actor(slot, arrival, parked);
                    return Ok(());
                }
                Pushed::Full => {
                    return Err(CallError::Overloaded {
                        what: format!("{limit} messages wait for {id}"),
                        // A full mailbox of small turns is likely to have room again by then.
                        retry_after_ms: 100,
                    });
                }
                // Evicted between the two steps: the next round finds or makes a new slot.
                Pushed::Gone(back) => queued = back,
            }
        }
    }
}

/// An id for messages that are never deduplicated.
pub(crate) fn unnamed() -> MessageId {
    MessageId([0; 16])
}

fn no_answer(id: MessageId) -> CallError {
    let detail = NO_ANSWER.to_owned();
    CallError::Unknown { id, detail }
}
