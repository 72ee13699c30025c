//! What every edge of the process needs, whichever protocol it speaks: HTTP, the admin API,
//! MQTT, and the clients of all three.
//!
//! In reading order:
//! - [`secret`]: text that is never shown
//! - [`sealed`]: text that others keep for us
//! - [`private_file`]: files that only their owner can read, written as a whole or not at all
//! - [`pem`]: certificates and keys in files
//! - [`tls`]: who proves what to whom, made of these
//! - [`renewed`]: what is made of files that may change
//! - [`peer`]: TLS among equals; [`client_files`]: of whoever only connects
//! - [`accept`]: connections as they come in, whatever the system runs out of

pub mod accept;
pub mod client_files;
pub mod peer;
pub mod pem;
pub mod private_file;
pub mod renewed;
pub mod sealed;
pub mod secret;
pub mod tls;

pub use secret::Secret;
