//! MQTT topics and actors. A message at QoS 1 is acknowledged to the broker only when the
//! actor has committed what came of it, or when it lies among the dead letters.
//!
//! In reading order:
//! - [`config`]: which broker, which topics; the usual mappings are `mappings.toml`
//! - [`bridge`]: start and stop
//! - [`address`], [`tls`]: from the configuration to how to connect
//! - [`connection`]: the broker, lost and found again
//! - [`link`]: one client of it, whichever version of MQTT is spoken
//! - [`session`]: messages in, acknowledgements out, in order
//! - [`lane`]: one actor's messages one after the other, until each has its verdict
//! - [`mapping`]: from a message to a call
//! - [`topic`], [`template`], [`measure`]: what a mapping is made of
//! - [`dead_letter`]: what could not be delivered, and why
//! - [`outbound`], [`follow`], [`publication`]: events out, from durable cursors
//! - [`restore`]: what was retained, for a broker that has forgotten it
//! - [`counted`]: what is counted
//! - [`broker`]: a broker of our own, which does not need the rest and is not needed by it

mod address;
mod bridge;
pub mod broker;
pub mod config;
mod connection;
mod counted;
mod dead_letter;
mod follow;
mod lane;
mod link;
mod mapping;
mod measure;
mod outbound;
mod publication;
mod restore;
mod session;
mod template;
mod tls;
mod topic;

pub use address::AddressError;
pub use bridge::{Bridge, BridgeError};
pub use config::BridgeConfig;
pub use tls::ClientTlsError;
