//! The store on Redis, which silos share. It passes the contract suite of every store, on a server,
//! on a Redis Cluster, and behind sentinels.
//!
//! In reading order:
//! - [`options`]: where it is, and what it promises
//! - [`address`](crate::address), [`tag`](crate::tag), [`discovery`](crate::discovery), [`topology`](crate::topology): which server has which slot
//! - [`tls`](crate::tls), [`dial`](crate::dial): how a server is reached
//! - [`settings`](crate::settings): what those servers may lose
//! - [`key`](crate::key): where which row is
//! - [`script`](crate::script): the scripts; what they write is one atomic step
//! - [`queues`](crate::queues): the commands that wait, and their order
//! - [`refusal`](crate::refusal), [`batch`](crate::batch): what a server has not run
//! - [`replicas`](crate::replicas): what has to have arrived at replicas
//! - [`link`](crate::link): a connection to a server
//! - [`lane`](crate::lane): the links that some of the shards have
//! - [`value`](crate::value): answers, read
//! - [`told`](crate::told): whether the store went back in time
//! - [`rollback`](crate::rollback): how a shard that went back goes on
//! - [`membership`](crate::membership): the view of the cluster, and heartbeats
//! - [`store`](crate::store): the parts of the store, one file each
//! - [`planted`](crate::planted): mistakes made on purpose, for the tests that must notice them
//!
//! All rows of an actor are in its shard, and all keys of a shard have its number as their hash tag,
//! so that they are in one slot of a Redis Cluster.

mod address;
mod batch;
mod dial;
mod discovery;
mod key;
mod lane;
mod link;
mod membership;
pub mod options;
mod planted;
mod queues;
mod refusal;
mod replicas;
mod rollback;
mod script;
mod settings;
mod store;
mod tag;
mod tls;
mod told;
mod topology;
mod value;

pub use address::asks_for_tls;
pub use membership::RedisMembership;
pub use options::{Options, Rollback};
pub use store::RedisStore;
pub use tls::{Credentials, Tls};
