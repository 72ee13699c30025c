//! Events that are posted to somebody else's server: a real one, which keeps what it gets, goes away, fails
//! and comes back.

mod addresses;
mod apart;
mod delivered;
mod failures;
mod killed;
mod operators;
mod receiver;
mod signatures;
mod world;
