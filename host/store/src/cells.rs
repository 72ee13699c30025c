//! What a store keeps of other cells: what waits for one that is away, and how far the logs of others
//! are relayed here. Only stores that silos share have it, for a cell is a cluster.

use async_trait::async_trait;
use pizza_types::{ActorId, CellName, Envelope, ShardId};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::log::NewEvent;

/// The events of one entry of a log that belong to streams of another cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsAbroad {
    /// The entry, as it is named in its own cell.
    pub shard: ShardId,
    pub number: u64,
    /// The date when the turn began, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    pub events: Vec<NewEvent>,
}

/// What is on its way to another cell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Outbound {
    Message {
        from: ActorId,
        envelope: Envelope,
        /// The date when it was to leave first, in milliseconds since the Unix epoch.
        first_ms: u64,
    },
    Events(EventsAbroad),
}

/// What waits for a cell, and its place among what waits for it.
#[derive(Debug, Clone)]
pub struct ParkedRow {
    pub number: u64,
    pub outbound: Outbound,
}

/// What a cell's store keeps of the others.
#[async_trait]
pub trait CellStore: Send + Sync + 'static {
    /// Appends events of another cell's log to the streams here that they belong to, in the order of
    /// that log; what a stream has already had of a shard there is passed over. Durable when it
    /// returns.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot write; some of the events may be in their streams
    /// then, and the rest follows when it is tried again.
    async fn relay_from(&self, cell: &CellName, events: &[EventsAbroad]) -> Result<(), StoreError>;

    /// Keeps what another cell is to get, behind all that waits for it. Durable when it returns. The
    /// same may be parked twice: its receiver knows it.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot write; some of it may be parked then.
    async fn park(&self, cell: &CellName, outbound: Vec<Outbound>) -> Result<(), StoreError>;

    /// What waits for a cell with a number above `after`, first come first.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn parked(
        &self,
        cell: &CellName,
        after: u64,
        limit: usize,
    ) -> Result<Vec<ParkedRow>, StoreError>;

    /// How much waits for a cell.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn parked_count(&self, cell: &CellName) -> Result<usize, StoreError>;

    /// Forgets what has arrived. It may become durable later.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot write.
    async fn unpark(&self, cell: &CellName, numbers: &[u64]) -> Result<(), StoreError>;
}
