//! What a turn wants to happen. Nothing in here has happened yet: the commit makes it so.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::id::ActorId;

/// Everything a guest staged during one turn.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The JSON of what the method returned; empty where it returns nothing.
    pub reply: Bytes,
    /// Whether the method returned `err`: then nothing but the reply is kept.
    pub declined: bool,
    pub state: StateWrite,
    pub entries: Vec<EntryWrite>,
    pub effects: Vec<Effect>,
    pub logs: Vec<LogLine>,
}

impl Outcome {
    /// Whether the actor goes on living: it changes what is kept of it, or plans something. One that
    /// only answers, tells others or gives up a plan does not.
    #[must_use]
    pub fn lives_on(&self) -> bool {
        let plans = |effect: &Effect| match effect {
            Effect::Send { delay_ms, .. } => *delay_ms > 0,
            Effect::SetReminder { .. } | Effect::SetTimer { .. } => true,
            Effect::Publish { .. }
            | Effect::CancelReminder { .. }
            | Effect::CancelTimer { .. }
            | Effect::End => false,
        };
        self.state != StateWrite::Keep || !self.entries.is_empty() || self.effects.iter().any(plans)
    }

    /// Whether there is anything to commit beside the reply.
    #[must_use]
    pub fn changes_nothing(&self) -> bool {
        matches!(self.state, StateWrite::Keep) && self.entries.is_empty() && self.effects.is_empty()
    }
}

/// An actor's own bytes, with the number of their layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The number of the layout; a higher one is newer.
    pub schema: u32,
    pub bytes: Bytes,
}

/// What a turn does to its actor's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StateWrite {
    #[default]
    Keep,
    Set(State),
    /// The state and every entry go; entries that the same turn writes later stay.
    Clear,
}

/// One named entry set (`Some`) or removed (`None`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryWrite {
    pub name: Arc<str>,
    pub bytes: Option<Bytes>,
}

/// What a committed turn causes beyond its own state: a closed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A durable one-way message, not before `delay_ms` has passed.
    Send {
        target: ActorId,
        method: Arc<str>,
        arguments: Bytes,
        delay_ms: u64,
    },
    Publish {
        stream: Arc<str>,
        key: Arc<str>,
        payload: Bytes,
    },
    SetReminder {
        name: Arc<str>,
        delay_ms: u64,
        period_ms: Option<u64>,
        policy: MissedPolicy,
    },
    CancelReminder {
        name: Arc<str>,
    },
    SetTimer {
        name: Arc<str>,
        delay_ms: u64,
        period_ms: Option<u64>,
    },
    CancelTimer {
        name: Arc<str>,
    },
    /// The actor has ended. It leaves memory, and after the time of its type the store.
    End,
}

/// What happens with firings that an outage made the silo miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MissedPolicy {
    /// Deliver each of them.
    All,
    /// Deliver one, and say how many it stands for.
    Last,
    /// Deliver none; go on with the next in the future.
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    pub level: LogLevel,
    pub message: String,
}
