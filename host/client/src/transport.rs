//! What carries a call to a silo.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{CallError, Envelope, MessageId, Reply};
use serde::{Deserialize, Serialize};

/// A piece of a stream's history.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EventPage {
    pub events: Vec<Event>,
    /// Position of the oldest event that is still kept; 0 when there is none. A reader
    /// that asked for something older has missed events.
    pub oldest: u64,
    /// Position of the newest event; 0 when there never was one.
    pub newest: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub position: u64,
    pub at_ms: u64,
    /// What the event says, in JSON.
    pub payload: Bytes,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Readiness {
    pub ready: bool,
    /// Why it is not ready, for a person; where it is, what it cannot do at the moment.
    pub reasons: Vec<String>,
}

#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Delivers a message. It answers once the turn is durable.
    async fn deliver(&self, envelope: Envelope) -> Result<Reply, CallError>;

    /// Events of a (stream, key) above `after`, oldest first, at most `limit`.
    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<EventPage, CallError>;

    /// Returns once there may be an event above `after`. May return early.
    async fn event_after(&self, stream: &str, key: &str, after: u64);

    /// Keys of a type's actors after the key `after`, in an order that stays.
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, CallError>;

    /// How far a reader outside of the silo has come in something that it reads to its end;
    /// `None` for a name that nobody has moved.
    async fn cursor(&self, name: &str) -> Result<Option<u64>, CallError>;

    /// Moves a reader's cursor, durably when it returns. A reader moves its own cursor only, and
    /// one at a time.
    async fn move_cursor(&self, name: &str, position: u64) -> Result<(), CallError>;

    async fn readiness(&self) -> Readiness;

    /// The silo's date: milliseconds since the Unix epoch. It may be set at any moment, so
    /// nobody waits by it.
    fn now_ms(&self) -> u64;

    /// The deadline of an envelope that may take `wait` from now on.
    fn deadline_ms(&self, wait: Duration) -> u64;

    /// A message id that nobody has used.
    fn fresh_id(&self) -> MessageId;
}
