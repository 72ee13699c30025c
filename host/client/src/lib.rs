//! How anything outside calls an actor: a gateway, a bridge, a command line.
//!
//! In reading order:
//! - [`transport`]: what carries a call to a silo, in this process or across a network
//! - [`client`]: the handle that the edges hold
//! - [`lease`]: which of several processes does what only one may do at a time
//! - [`client_use`]: what clients used of their limits
//! - [`edge_keys`]: by which edges seal what clients keep for them
//! - [`silos`](crate::silos): which silos there are
//! - [`remote`], [`wire`]: silos in other processes, and what is said to them
//! - [`operators`]: what only operators may ask of silos, and do to them

pub mod client;
pub mod client_use;
pub mod edge_keys;
pub mod lease;
pub mod operators;
pub mod remote;
mod silos;
pub mod transport;
pub mod wire;

pub use client::{Call, Client, Refused};
pub use operators::{Operators, OperatorsError};
pub use remote::{NotShared, Remote, RemoteError};
pub use transport::{Event, EventPage, Everywhere, Readiness, Transport};
