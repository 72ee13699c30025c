//! The store on Redis, which silos share. It passes the contract suite of every store.
//!
//! In reading order:
//! - [`options`]: where it is, and what it promises
//! - [`key`](crate::key): where which row is
//! - [`script`](crate::script): the scripts; what they write is one atomic step
//! - [`lane`](crate::lane): a connection, and the commands that wait for it
//! - [`value`](crate::value): answers, read
//! - [`told`](crate::told): whether the store went back in time
//! - [`store`](crate::store): the parts of the store, one file each
//!
//! All rows of an actor are in its shard, and all keys of a shard have its number as their hash tag,
//! so that they are in one slot of a Redis Cluster.

mod key;
mod lane;
pub mod options;
mod script;
mod store;
mod told;
mod value;

pub use options::Options;
pub use store::RedisStore;
