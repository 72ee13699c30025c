//! What cells ask each other. Each is a cluster with a store of its own; of another one a silo knows
//! some addresses, and nothing of who has what there.

use std::sync::Arc;

use pizza_store::{EventsAbroad, StoredEvent, StreamKey};
use pizza_types::{CellName, Envelope, SiloId};
use serde::{Deserialize, Serialize};

use crate::delivery::Delivery;

/// What one cell asks another: any silo of it will do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum CellRequest {
    /// Deliver this to its actor, wherever that is in the cell. The envelope's deadline says nothing:
    /// `wait_ms` is what is left.
    Deliver {
        envelope: Envelope,
        wait_ms: u64,
        delivery: Delivery,
    },
    /// Append these events of a log of `from` to their streams.
    Relay {
        from: CellName,
        events: Vec<EventsAbroad>,
    },
    /// Events of a stream above `after`.
    Events {
        of: StreamKey,
        after: u64,
        limit: usize,
    },
    /// Answered once there may be an event above `after`, and after `wait_ms` at the latest.
    EventAfter {
        of: StreamKey,
        after: u64,
        wait_ms: u64,
    },
    /// Keys of a type's actors.
    Actors {
        actor_type: Arc<str>,
        after: Option<Arc<str>>,
        limit: usize,
    },
    /// Are you there?
    Ping,
}

/// A piece of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamPage {
    pub events: Vec<StoredEvent>,
    /// Position of the oldest event that is still kept; 0 when there is none.
    pub oldest: u64,
    /// Position of the newest event; 0 when there never was one.
    pub newest: u64,
}

/// By what a silo is greeted that is asked as one of its cell. No silo has such an id: a name has no
/// slash.
#[must_use]
pub fn any_silo_of(cell: &CellName) -> SiloId {
    SiloId(format!("cell/{cell}").into())
}
