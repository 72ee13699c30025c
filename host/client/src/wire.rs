//! What an edge in another process and its silo say to each other: one question, one
//! answer, as MessagePack with named fields, over the silo's address for operators.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pizza_types::{CallError, MessageId, Reply};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client_use::{OthersUse, UseReport};
use crate::edge_keys::EdgeKeys;
use crate::lease::{LeaseClaim, LeaseRecord};
use crate::notes::Note;
use crate::transport::{EventPage, Everywhere, Readiness};

pub const PATH: &str = "/edge/v2";
/// The header of each answer with the silo's date, in milliseconds since the Unix epoch.
pub const NOW_MS: &str = "silo-now-ms";

#[derive(Debug, Serialize, Deserialize)]
pub enum Question {
    Deliver(CallMessage),
    Events {
        stream: String,
        key: String,
        after: u64,
        limit: usize,
    },
    /// This is answered once there may be an event, and after `wait_ms` at the latest.
    EventAfter {
        stream: String,
        key: String,
        after: u64,
        wait_ms: u64,
    },
    Actors {
        actor_type: String,
        after: Option<String>,
        limit: usize,
    },
    /// Like `Actors`, in all cells.
    ActorsEverywhere {
        actor_type: String,
        after: Option<String>,
        limit: usize,
    },
    /// What keys begin with that are made for the silo's cell.
    KeyPrefix,
    Cursor {
        name: String,
    },
    MoveCursor {
        name: String,
        position: u64,
        /// Edges of an older version have no leases.
        #[serde(default)]
        under: Option<LeaseClaim>,
    },
    Lease {
        name: String,
    },
    ChangeLease {
        name: String,
        before: Option<LeaseRecord>,
        after: Option<LeaseRecord>,
    },
    Notes {
        prefix: String,
        after: Option<String>,
        limit: usize,
    },
    SetNote {
        name: String,
        /// Without one, it goes.
        value: Option<Bytes>,
        under: LeaseClaim,
    },
    Readiness,
    /// Where edges find the silos of the cluster that are not about to go.
    Silos,
    /// What a gateway's clients used, and what those of others did.
    ShareUse(UseReport),
    /// The keys that edges share.
    EdgeKeys,
}

impl Question {
    /// Says how long a call may take from now on; questions that are no calls have their own time.
    pub(crate) fn has_left(&mut self, left: Duration) {
        if let Self::Deliver(message) = self {
            message.wait_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        }
    }
}

/// As much of an envelope as somebody outside may set.
#[derive(Debug, Serialize, Deserialize)]
pub struct CallMessage {
    pub actor_type: Arc<str>,
    pub key: Arc<str>,
    pub method: Arc<str>,
    pub arguments: Bytes,
    pub id: MessageId,
    /// How long it may take from here on; the two have no clock in common.
    pub wait_ms: u64,
    pub trace: Option<Arc<str>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    Reply(Reply),
    Events(EventPage),
    Actors(Vec<Arc<str>>),
    Everywhere(Everywhere),
    KeyPrefix(Option<Arc<str>>),
    Position(Option<u64>),
    Readiness(Readiness),
    /// `host:port` of each, for operators; none where the silo is alone.
    Silos(Vec<String>),
    OthersUse(OthersUse),
    EdgeKeys(EdgeKeys),
    Lease(Option<LeaseRecord>),
    Notes(Vec<Note>),
    /// Whether it was done.
    Changed(bool),
    Done,
}

pub type Answered = Result<Answer, CallError>;

/// Writes a question or an answer.
///
/// # Errors
/// What cannot be said; it is no fault of the other side.
pub fn encode(value: &impl Serialize) -> Result<Vec<u8>, String> {
    // By name, so that either side may have fields that the other one does not know yet.
    rmp_serde::to_vec_named(value).map_err(|error| error.to_string())
}

/// Reads a question or an answer.
///
/// # Errors
/// What is not understood, and why.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    rmp_serde::from_slice(bytes).map_err(|error| error.to_string())
}
