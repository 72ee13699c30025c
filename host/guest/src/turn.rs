//! What goes into a turn.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{ActorId, Body, CallError, MessageId, State};

use crate::entries::Entries;

/// The input of one turn.
pub struct Turn {
    pub actor: ActorId,
    pub invocation: Invocation,
    pub message_id: MessageId,
    /// The actor that sent the message; `None` when it came from outside or from the host.
    pub caller: Option<ActorId>,
    /// The date in milliseconds since the Unix epoch: the only time that the guest sees.
    pub now_ms: u64,
    /// The seed of all chance in the turn, so that a turn can be run again.
    pub random_seed: u64,
    /// The trace that the message belongs to; `None` when the caller gave none.
    pub trace: Option<Arc<str>>,
    /// How many actors wait for this turn.
    pub depth: usize,
    /// The time that is left for the turn, in milliseconds.
    pub deadline_ms_left: u64,
    /// The actor's state before the turn; `None` when it has none yet.
    pub state: Option<State>,
    /// The actor's entries before the turn.
    pub entries: Entries,
    /// How the turn reaches other actors.
    pub calls: Arc<dyn Calls>,
}

/// What the guest is asked to do: to handle a message, or one of the host's own hooks,
/// which no message stands for.
#[derive(Debug, Clone)]
pub enum Invocation {
    Message(Body),
    Activate,
    Deactivate,
    /// Bring a state of an older layout up to date; the new bytes come back as the outcome's
    /// state.
    Migrate {
        from_schema: u32,
        bytes: Bytes,
    },
}

impl Invocation {
    /// A call of one of the actor's own methods, with JSON arguments.
    #[must_use]
    pub fn call(method: impl Into<Arc<str>>, arguments: impl Into<Bytes>) -> Self {
        Self::Message(Body::Call {
            method: method.into(),
            arguments: arguments.into(),
        })
    }
}

impl Turn {
    /// A turn that nobody waits for and that can ask nobody: with five seconds, no state
    /// and no chance.
    #[must_use]
    pub fn alone(
        actor: ActorId,
        invocation: Invocation,
        message_id: MessageId,
        now_ms: u64,
    ) -> Self {
        Self {
            actor,
            invocation,
            message_id,
            caller: None,
            now_ms,
            random_seed: 0,
            trace: None,
            depth: 0,
            deadline_ms_left: 5_000,
            state: None,
            entries: Entries::default(),
            calls: Arc::new(NoCalls),
        }
    }
}

/// Other actors as seen by a turn that may not call any: each call fails.
pub struct NoCalls;

#[async_trait]
impl Calls for NoCalls {
    async fn call(&self, target: ActorId, _: Arc<str>, _: Bytes) -> Result<Bytes, CallError> {
        Err(CallError::Failed {
            bound: "calls".into(),
            detail: format!("{target} cannot be called from here"),
        })
    }
}

/// How a turn asks another actor.
#[async_trait]
pub trait Calls: Send + Sync {
    /// Waits for the reply: the JSON of what the method returned, `{"ok": …}` or `{"err": …}`
    /// where that is a `result`.
    async fn call(
        &self,
        target: ActorId,
        method: Arc<str>,
        arguments: Bytes,
    ) -> Result<Bytes, CallError>;
}
