//! What both ends of an MQTT connection need: the bridge, which is a client of any broker,
//! and the broker of this project. Through this crate neither depends on the other.
//!
//! - [`topic`]: which topics a filter covers; shared subscriptions
//! - [`Secret`]: a password that no log shows

pub mod topic;

pub use pizza_edge::Secret;

/// The TCP port of MQTT, as registered with IANA (`mqtt`).
pub const PORT: u16 = 1883;
/// The TCP port of MQTT over TLS, as registered with IANA (`secure-mqtt`).
pub const TLS_PORT: u16 = 8883;
