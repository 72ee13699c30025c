//! An actor asks another. The only place where a turn is suspended.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use bytes::Bytes;
use pizza_guest::Calls;
use pizza_types::{ActorId, Body, CallError, Chain, Envelope, MessageId};

use crate::core::Core;
use crate::gate::Gate;

/// The calls of one turn.
pub(crate) struct TurnCalls {
    core: Weak<Core>,
    gate: Gate,
    /// The version that the turn runs on.
    version: u64,
    caller: ActorId,
    message: MessageId,
    deadline_ms: u64,
    chain: Chain,
    trace: Option<Arc<str>>,
    /// How many calls the turn has made so far.
    made: AtomicU32,
}

impl TurnCalls {
    pub(crate) fn new(core: &Arc<Core>, envelope: &Envelope, gate: Gate, version: u64) -> Self {
        Self {
            core: Arc::downgrade(core),
            gate,
            version,
            caller: envelope.target.clone(),
            message: envelope.id,
            deadline_ms: envelope.deadline_ms,
            chain: envelope.chain.extended(envelope.target.clone()),
            trace: envelope.trace.clone(),
            made: AtomicU32::new(0),
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
        // A call must not tell of a state that may yet be lost.
        self.gate.passed(self.version).await?;
        let envelope = Envelope {
            target,
            body: Body::Call { method, arguments },
            id,
            // Inherited: an answer after the caller's own deadline is of no use to anybody.
            deadline_ms: self.deadline_ms,
            chain: self.chain.clone(),
            caller: Some(self.caller.clone()),
            trace: self.trace.clone(),
        };
        Ok(core.deliver(envelope).await?.body)
    }
}
