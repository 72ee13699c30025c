//! A silo for unit tests: outside of WebAssembly everything an actor does goes to the
//! [`Host`] of its thread.
//!
//! ```
//! use silo_sdk::testing::Host;
//! use silo_sdk::{context, streams};
//!
//! let host = Host::new("lamp", "lamp-1");
//! assert_eq!(context::key(), "lamp-1");
//! streams::publish("lit", "lamp-1", &true);
//! assert_eq!(host.published("lit"), [true]);
//! ```
//!
//! Methods can be tested on a bare value (`Order::default().create(…)`), or as a silo runs
//! them (`<Order as order::Guest>::create(…)`): then the state comes from the host and goes
//! back to it, and a command that returns `Err` leaves no trace.

mod answer;
mod clock;
mod effect;
mod host;
mod host_state;
pub(crate) mod imports;
mod plugin;

pub use answer::{Answer, failed, ok, plain, refused};
pub use clock::{Alarm, Due, START_MS};
pub use effect::{Asked, Published, Sent};
pub use host::Host;
pub(crate) use host_state::checkpoint;
