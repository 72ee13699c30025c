//! What every edge of the process needs, whichever protocol it speaks: HTTP, the admin API,
//! MQTT, and the clients of all three.
//!
//! In reading order:
//! - [`secret`]: text that is never shown
//! - [`private_file`]: files that only their owner can read, written as a whole or not at all
//! - [`pem`]: certificates and keys in files
//! - [`tls`]: who proves what to whom, made of these
//! - [`peer`]: TLS among equals, of files that may change
//! - [`accept`]: connections as they come in, whatever the system runs out of

pub mod accept;
pub mod peer;
pub mod pem;
pub mod private_file;
pub mod secret;
pub mod tls;

pub use secret::Secret;
