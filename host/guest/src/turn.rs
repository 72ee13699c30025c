//! What goes into a turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{ActorId, CallError, MessageId, State, StreamEvent};

pub struct Turn {
    pub actor: ActorId,
    pub what: What,
    pub message_id: MessageId,
    pub caller: Option<ActorId>,
    pub now_ms: u64,
    pub random_seed: u64,
    pub trace: Option<Arc<str>>,
    /// How many actors wait for this turn.
    pub depth: usize,
    pub deadline_ms_left: u64,
    pub state: Option<State>,
    pub entries: Arc<BTreeMap<Arc<str>, Bytes>>,
    pub calls: Arc<dyn Calls>,
}

/// What the guest is asked to do.
#[derive(Debug, Clone)]
pub enum What {
    Call {
        method: Arc<str>,
        arguments: Bytes,
    },
    Timer {
        name: Arc<str>,
    },
    Reminder {
        name: Arc<str>,
        due_ms: u64,
        missed: u32,
    },
    Events {
        stream: Arc<str>,
        events: Vec<StreamEvent>,
    },
    Activate,
    Deactivate,
    /// The new bytes come back as the outcome's state.
    Migrate {
        from_schema: u32,
        bytes: Bytes,
    },
}

impl Turn {
    /// A turn that nobody waits for and that can ask nobody: with five seconds, no state
    /// and no chance.
    #[must_use]
    pub fn alone(actor: ActorId, what: What, message_id: MessageId, now_ms: u64) -> Self {
        Self {
            actor,
            what,
            message_id,
            caller: None,
            now_ms,
            random_seed: 0,
            trace: None,
            depth: 0,
            deadline_ms_left: 5_000,
            state: None,
            entries: Arc::default(),
            calls: Arc::new(NoCalls),
        }
    }
}

/// For turns that may not call anybody.
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
    /// JSON of what the method returned; `{"ok": …}` or `{"err": …}` for a `result`.
    async fn call(
        &self,
        target: ActorId,
        method: Arc<str>,
        arguments: Bytes,
    ) -> Result<Bytes, CallError>;
}
