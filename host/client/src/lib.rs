//! How anything outside calls an actor: a gateway, a bridge, a command line.
//!
//! In reading order:
//! - [`transport`]: what carries a call to a silo, in this process or across a network
//! - [`client`]: the handle that the edges hold
//! - [`remote`], [`wire`]: silos in other processes, and what is said to them

pub mod client;
pub mod remote;
pub mod transport;
pub mod wire;

pub use client::{Call, Client, Refused};
pub use remote::{Remote, RemoteError};
pub use transport::{Event, EventPage, Readiness, Transport};
