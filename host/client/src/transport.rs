//! What carries a call to a silo.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{CallError, Envelope, MessageId, Reply};
use serde::{Deserialize, Serialize};

use crate::edge_keys::EdgeKeys;
use crate::lease::{LeaseClaim, LeaseRecord};
use crate::notes::Note;

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

/// Actors of a type, wherever they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Everywhere {
    pub keys: Vec<Arc<str>>,
    /// The cells that did not tell theirs.
    pub missing: Vec<Arc<str>>,
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

    /// Like [`actors`](Self::actors), in all cells; the same where there is one alone.
    async fn actors_everywhere(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Everywhere, CallError> {
        let keys = self.actors(actor_type, after, limit).await?;
        let missing = Vec::new();
        Ok(Everywhere { keys, missing })
    }

    /// What keys begin with that are made here, so that they belong to the silo's cell; `None` where
    /// they need nothing.
    fn key_prefix(&self) -> Option<Arc<str>> {
        None
    }

    /// Keys of a type's actors in the silo's cell, after the key `after`, in an order that stays.
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, CallError>;

    /// How far a reader outside of the silo has come in something that it reads to its end;
    /// `None` for a name that nobody has moved.
    async fn cursor(&self, name: &str) -> Result<Option<u64>, CallError>;

    /// Moves a reader's cursor if the reader has the lease that it names, durably when it returns; false,
    /// and nothing was moved, if another one has it. A reader moves one cursor at a time.
    async fn move_cursor(
        &self,
        name: &str,
        position: u64,
        under: &LeaseClaim,
    ) -> Result<bool, CallError>;

    /// Who has the lease of this name; `None` when nobody does.
    async fn lease(&self, name: &str) -> Result<Option<LeaseRecord>, CallError>;

    /// Puts `after` in the place of `before`; false, and nothing was changed, if something else is there.
    /// It may have been asked twice: then it is false, and `after` is there.
    async fn change_lease(
        &self,
        name: &str,
        before: Option<LeaseRecord>,
        after: Option<LeaseRecord>,
    ) -> Result<bool, CallError>;

    /// Notes of edges whose names begin with `prefix`, in order of their names, after the name `after`.
    async fn notes(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Note>, CallError>;

    /// Writes a note, or removes it where there is no value, if the edge has the lease that it names; durably
    /// when it returns. False, and nothing was changed, if another one has the lease.
    async fn set_note(
        &self,
        name: &str,
        value: Option<Bytes>,
        under: &LeaseClaim,
    ) -> Result<bool, CallError>;

    /// The keys that all edges share. They are made when they are first asked for, and a new one
    /// that seals when it is time for one.
    async fn edge_keys(&self) -> Result<EdgeKeys, CallError>;

    async fn readiness(&self) -> Readiness;

    /// The silo's date: milliseconds since the Unix epoch. It may be set at any moment, so
    /// nobody waits by it.
    fn now_ms(&self) -> u64;

    /// The deadline of an envelope that may take `wait` from now on.
    fn deadline_ms(&self, wait: Duration) -> u64;

    /// A message id that nobody has used.
    fn fresh_id(&self) -> MessageId;
}
