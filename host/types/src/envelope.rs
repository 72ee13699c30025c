//! A message on its way to an actor. Everything that reaches an actor is one of these.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::id::{ActorId, MessageId};

/// A message with all that its delivery needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    pub target: ActorId,
    pub body: Body,
    /// The name of the message, under which it takes effect once.
    pub id: MessageId,
    /// Milliseconds on the silo's clock that never goes back, whose zero means nothing to
    /// anybody else. A call past it is never executed.
    pub deadline_ms: u64,
    /// The actors that wait for the answer.
    pub chain: Chain,
    /// Who sent it; absent when it came from outside.
    pub caller: Option<ActorId>,
    /// The W3C trace id; absent when the caller gave none.
    pub trace: Option<Arc<str>>,
}

/// What is asked of the actor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Body {
    /// A call of one of the actor's methods. `arguments` is JSON: an object by parameter name or
    /// an array by position.
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
    /// Events of one stream and key, in their order; never empty.
    Events {
        stream: Arc<str>,
        events: Vec<StreamEvent>,
    },
}

/// An event as its subscribers get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamEvent {
    /// The place in its stream and key: 1 for the first, then one more each.
    pub position: u64,
    pub payload: Bytes,
}

impl Body {
    /// What happened, in a word or two, for logs and errors.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Call { method, .. } => method.to_string(),
            Self::Timer { name } => format!("timer {name}"),
            Self::Reminder { name, .. } => format!("reminder {name}"),
            Self::Events { stream, .. } => format!("events of {stream}"),
        }
    }

    /// A hash that tells two bodies under one message id apart: the id names this content and no
    /// other.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 16] {
        let id = match self {
            Self::Call { method, arguments } => {
                MessageId::derive("call", &[method.as_bytes(), arguments])
            }
            Self::Timer { name } => MessageId::derive("timer", &[name.as_bytes()]),
            // When it was due is told as the outage leaves it, and the id names the firing.
            Self::Reminder { name, .. } => MessageId::derive("reminder", &[name.as_bytes()]),
            // A position has one payload for ever, so the positions say it all.
            Self::Events { stream, events } => {
                let positions = events.iter().flat_map(|event| event.position.to_le_bytes());
                let positions: Vec<u8> = positions.collect();
                MessageId::derive("events", &[stream.as_bytes(), &positions])
            }
        };
        id.0
    }
}

/// The actors that wait in a chain of calls, outermost first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Chain(Vec<ActorId>);

impl Chain {
    /// The number of actors that wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Whether a call to this actor would come back to one that waits.
    #[must_use]
    pub fn contains(&self, actor: &ActorId) -> bool {
        self.0.contains(actor)
    }

    /// The chain as seen by somebody whom `actor` asks.
    #[must_use]
    pub fn extended(&self, actor: ActorId) -> Self {
        // A copy, because a caller may ask several at once; chains are short.
        let mut actors = Vec::with_capacity(self.0.len() + 1);
        actors.extend_from_slice(&self.0);
        actors.push(actor);
        Self(actors)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, actor) in self.0.iter().enumerate() {
            let arrow = if at == 0 { "" } else { " -> " };
            write!(f, "{arrow}{actor}")?;
        }
        Ok(())
    }
}
