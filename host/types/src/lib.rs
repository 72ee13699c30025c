//! Plain data that every layer speaks: who an actor is, what a message is, what a
//! turn leaves behind, and how a call can fail.
//!
//! In reading order:
//! - [`id`]: actor ids, message ids, silo ids, module digests, shards
//! - [`shard_set`]: some of the shards
//! - [`cell`]: which cluster of several a key belongs to
//! - [`envelope`]: a message on its way to an actor
//! - [`entries`]: the entries of an actor, and ranges of them
//! - [`outcome`]: what a turn wants to happen, before any of it has happened
//! - [`reply`]: what a caller gets, and how durable it is
//! - [`error`]: why a caller got nothing
//! - [`metrics`]: what a module has done
//! - [`backoff`]: how long to wait before a failed attempt is made again

pub mod backoff;
pub mod cell;
pub mod entries;
pub mod envelope;
pub mod error;
pub mod id;
pub mod metrics;
pub mod outcome;
pub mod reply;
pub mod shard_set;

pub use cell::{CellName, CellNames, InvalidCell};
pub use entries::{EntryLimit, EntryMap, EntryPage, EntryRange};
pub use envelope::{Body, Chain, Envelope, StreamEvent};
pub use error::{CallError, Mistake, told};
pub use id::{ActorId, InvalidDigest, InvalidId, MessageId, ModuleDigest, SHARDS, ShardId, SiloId};
pub use metrics::ModuleMetrics;
pub use outcome::{
    Effect, EntryWrite, LogLevel, LogLine, MissedPolicy, Outcome, State, StateWrite,
};
pub use reply::{Durability, Reply};
pub use shard_set::ShardSet;
