//! MQTT topics and actors. A message at QoS 1 is acknowledged to the broker only when the
//! actor has committed what came of it, or when it was sent to the dead-letter topic.
//!
//! In reading order:
//! - [`config`]: which broker, which topics; the usual mappings are `mappings.toml`
//! - [`bridge`]: start and stop, under the lease of its name
//! - [`address`], [`tls`]: from the configuration to how to connect
//! - [`dial`]: a connection to the broker for somebody else
//! - [`mqtt_client`]: one client of a broker, whichever version of MQTT is spoken
//! - [`connection`]: the broker, lost and found again
//! - [`session`]: messages in, acknowledgements out, in order
//! - [`lane`]: one actor's messages one after the other, until each has its result
//! - [`mapping`]: from a message to a call
//! - [`topic`], [`template`], [`measure`]: what a mapping is made of
//! - [`dead_letter`]: what could not be delivered, and why
//! - [`outbound`], [`outbound_stream`], [`follow`], [`publication`]: events out, from durable
//!   cursors
//! - [`restore`]: what was retained, for a broker that has forgotten it
//! - [`metrics`]: what is counted

mod address;
mod bridge;
pub mod config;
mod connection;
mod dead_letter;
mod dial;
mod follow;
mod lane;
mod mapping;
mod measure;
mod metrics;
mod mqtt_client;
mod outbound;
mod outbound_stream;
mod publication;
mod restore;
mod session;
mod template;
mod tls;
mod topic;

pub use address::AddressError;
pub use bridge::{Bridge, BridgeError};
pub use config::BridgeConfig;
pub use dial::{BrokerStream, Dialer};
pub use tls::ClientTlsError;
