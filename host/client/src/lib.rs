//! How anything outside calls an actor: a gateway, a bridge, a command line.
//!
//! In reading order:
//! - [`transport`]: what carries a call to a silo, in this process or across a network
//! - [`client`]: the handle that the edges hold
//! - [`lease`], [`held_lease`]: which of several processes does what only one may do at a time
//! - [`retry`]: how long an edge waits before it tries again
//! - [`notes`]: what an edge keeps with its silos; [`webhooks`]: what one keeps that posts events
//! - [`client_use`]: what clients used of their limits
//! - [`edge_keys`]: by which edges seal what clients keep for them
//! - [`silos`](crate::silos): which silos there are
//! - [`remote`], [`wire`]: silos in other processes, and what is said to them
//! - [`operators`]: what only operators may ask of silos, and do to them

pub mod client;
pub mod client_use;
pub mod edge_keys;
pub mod held_lease;
pub mod lease;
pub mod notes;
pub mod operators;
pub mod remote;
pub mod retry;
mod silos;
pub mod transport;
pub mod webhooks;
pub mod wire;

pub use client::{Call, Client, Refused};
pub use notes::Note;
pub use operators::{Operators, OperatorsError};
pub use remote::{NotShared, Remote, RemoteError};
pub use transport::{Event, EventPage, Everywhere, Readiness, Transport};
