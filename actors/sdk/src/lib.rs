//! Write an actor. (Reference below.)

#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod turn;

pub mod calls;
pub mod config;
pub mod context;
pub mod entries;
pub mod log;
pub mod reminders;
pub mod state;
pub mod streams;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod timers;

#[cfg(target_arch = "wasm32")]
use bindings::silo::actor as host;
#[cfg(not(target_arch = "wasm32"))]
use testing::imports as host;

pub use calls::{CallError, CallFailure};
pub use silo_sdk_macros::{actor, commands, queries, state};
pub use state::State;

/// Decoding of event payloads: `silo_sdk::json::from_str(&event.payload)`.
pub use serde_json as json;

#[doc(hidden)]
pub use {serde, wit_bindgen};
