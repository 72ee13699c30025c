//! How anything outside calls an actor: a gateway, a bridge, a command line.
//!
//! In reading order:
//! - [`transport`]: what carries a call to a silo, in this process or across a network
//! - [`client`]: the handle that the edges hold

pub mod client;
pub mod transport;

pub use client::{Call, Client, Refused};
pub use transport::{Event, EventPage, Readiness, Transport};
