//! An actor asks another: its turn is suspended meanwhile, as by nothing else but an entry that is not
//! in memory.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use bytes::Bytes;
use pizza_cluster::Delivery;
use pizza_guest::Calls;
use pizza_store::StoredReply;
use pizza_types::{ActorId, Body, CallError, Chain, Envelope, MessageId};
use tokio::sync::OnceCell;

use crate::core::{Core, store_error};
use crate::gate::Gate;
use crate::slot::Until;

/// The calls of one turn.
pub(crate) struct TurnCalls {
    core: Weak<Core>,
    gate: Gate,
    /// The version that the turn runs on.
    version: u64,
    /// Whether that version is staged, so that a call to another actor of this silo need not wait
    /// until it is durable.
    is_staged: bool,
    caller: ActorId,
    message: MessageId,
    deadline_ms: u64,
    chain: Chain,
    trace: Option<Arc<str>>,
    /// How many calls the turn has made so far.
    made: AtomicU32,
    /// What the message was answered before, if it was; not looked for where nothing is recorded
    /// of messages, or no call is made.
    before: OnceCell<Option<StoredReply>>,
    is_recorded: bool,
}

impl TurnCalls {
    /// `is_recorded` says whether the actor may have handled this very message before.
    pub(crate) fn new(
        core: &Arc<Core>,
        envelope: &Envelope,
        gate: Gate,
        version: u64,
        is_staged: bool,
        is_recorded: bool,
    ) -> Self {
        Self {
            core: Arc::downgrade(core),
            gate,
            version,
            is_staged,
            caller: envelope.target.clone(),
            message: envelope.id,
            deadline_ms: envelope.deadline_ms,
            chain: envelope.chain.extended(envelope.target.clone()),
            trace: envelope.trace.clone(),
            made: AtomicU32::new(0),
            before: OnceCell::new(),
            is_recorded,
        }
    }

    /// What the message was answered before, if that turned up in a call: then nothing of the
    /// turn counts.
    pub(crate) fn answered_before(&self) -> Option<StoredReply> {
        self.before.get().cloned().flatten()
    }

    /// Whether the turn has asked another actor: then it may stand on what is staged there.
    pub(crate) fn have_left(&self) -> bool {
        self.made.load(Ordering::Relaxed) > 0
    }

    /// Lets nothing leave that a repeat would say on newer state.
    async fn refuse_repeat(&self, core: &Core) -> Result<(), CallError> {
        if !self.is_recorded {
            return Ok(());
        }
        let read = || async { core.store.handled(&self.caller, self.message).await };
        let before = self.before.get_or_try_init(read).await;
        match before.map_err(store_error)? {
            Some(_) => Err(CallError::Moved),
            None => Ok(()),
        }
    }

    /// The same call of the same turn tried again has the same id, so that its target
    /// answers from before; another call in its place has another. A turn that was tried
    /// and failed may have called something else than the next one will.
    fn message_id(&self, target: &ActorId, method: &str, arguments: &[u8]) -> MessageId {
        let index = self.made.fetch_add(1, Ordering::Relaxed);
        let (from, to) = (self.caller.to_string(), target.to_string());
        let parts: [&[u8]; 6] = [
            &self.message.0,
            from.as_bytes(),
            &index.to_le_bytes(),
            to.as_bytes(),
            method.as_bytes(),
            arguments,
        ];
        MessageId::derive("call", &parts)
    }
}

#[async_trait]
impl Calls for TurnCalls {
    async fn call(
        &self,
        target: ActorId,
        method: Arc<str>,
        arguments: Bytes,
    ) -> Result<Bytes, CallError> {
        let core = self.core.upgrade().ok_or(CallError::ShuttingDown)?;
        let id = self.message_id(&target, &method, &arguments);
        // A call must not tell of a state that may yet be lost; where its target lives on the same
        // log, it would be lost with it.
        if !self.is_staged {
            self.gate.passed(self.version).await?;
        }
        // Inherited: an answer after the caller's own deadline is of no use to anybody. Of some
        // types none is worth waiting for so long.
        let answer_ms = core.policy(target.actor_type()).answer_ms;
        let by_type = answer_ms.map(|ms| core.clock.now_ms().saturating_add(ms));
        let deadline_ms = by_type.map_or(self.deadline_ms, |by| by.min(self.deadline_ms));
        core.wait_for_lease(deadline_ms).await?;
        // Behind the gate: the first of two may have been in flight.
        self.refuse_repeat(&core).await?;
        let envelope = Envelope {
            target,
            body: Body::Call { method, arguments },
            id,
            deadline_ms,
            chain: self.chain.clone(),
            caller: Some(self.caller.clone()),
            trace: self.trace.clone(),
        };
        let (delivery, until) = (Delivery::Normal, Until::Staged);
        let reply = core.deliver_as(envelope, delivery, until).await?;
        Ok(reply.body)
    }
}
