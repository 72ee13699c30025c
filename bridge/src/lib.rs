//! MQTT topics and actors. A message at QoS 1 is acknowledged to the broker only when the
//! actor has committed what came of it, or when it lies among the dead letters.
//!
//! In reading order:
//! - [`config`]: which broker, which topics; the usual mappings are `mappings.toml`
//! - [`bridge`]: start and stop
//! - [`connection`]: the broker, lost and found again
//! - [`session`]: messages in, acknowledgements out, in order
//! - [`lane`]: one actor's messages one after the other, until each has its verdict
//! - [`mapping`]: from a message to a call
//! - [`topic`], [`template`]: what a mapping is made of
//! - [`dead_letter`]: what could not be delivered, and why
//! - [`outbound`], [`follow`], [`publication`]: events out, from durable cursors
//! - [`counted`]: what is counted
//! - [`broker`]: a broker of our own, which does not need the rest and is not needed by it

mod bridge;
pub mod broker;
pub mod config;
mod connection;
mod counted;
mod dead_letter;
mod follow;
mod lane;
mod mapping;
mod outbound;
mod publication;
mod session;
mod template;
mod topic;

pub use bridge::{Bridge, BridgeError};
pub use config::BridgeConfig;
