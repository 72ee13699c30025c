//! The only crate that names wasmtime: it compiles modules, keeps instances, and runs
//! one turn of a guest within bounds.
//!
//! In reading order:
//! - [`limits`](crate::limits), [`settings`]: the bounds, each a number
//! - [`error`]: what a guest can do wrong, and why a module can be refused
//! - [`turn`]: what goes into a turn
//! - [`entries`](crate::entries): the entries that it reads, in memory and in the store
//! - [`run`](crate::run): one turn, from arguments to outcome
//! - [`turn_context`](crate::turn_context): what a guest sees and stages during a turn
//! - [`whole`](crate::whole), [`turn_export`](crate::turn_export): a turn in one call, where the
//!   component takes it so
//! - [`host_state`](crate::host_state): the host's side of an instance, where requests are checked
//! - [`imports`](crate::imports): one file for each interface that a guest may import
//! - [`consult`](crate::consult): how a turn reaches the plugin that is bound to its actor
//! - [`module`], [`client`](crate::client): a module with its methods, hooks and clients
//! - [`guest`]: the same as the runtime sees it, which need not be a module
//! - [`introspect`](crate::introspect): what a module says of itself when it is loaded
//! - [`manifest`], [`grant`](crate::grant): what it asks for, and what it is granted
//! - [`compare`](crate::compare): what changes when another takes its place
//! - [`structure`](crate::structure), [`size`](crate::size): what it is made of, read from
//!   its bytes before anything is compiled
//! - [`discover`](crate::discover), [`hooks`](crate::hooks), [`types`](crate::types),
//!   [`convert`](crate::convert): what a component exports and imports, and its values
//! - [`pool`](crate::pool), [`permits`](crate::permits), [`instance`](crate::instance): warm
//!   instances, bounded for each module and for all together
//! - [`ticks`](crate::ticks), [`meter`](crate::meter), [`growth`](crate::growth): how long a
//!   guest computes, how far its memory grows
//! - [`host`]: engine, compilation and loading
//! - [`plugins`], [`plugin`]: code of third parties that actors may ask for advice
//! - [`log`], [`output`](crate::output): what a guest says and prints, under its actor's name
//! - [`follow`]: who looks at turns and log lines as they happen
//! - [`engine`](crate::engine), [`compile`], [`cache`](crate::cache), [`wasi`](crate::wasi)

mod cache;
mod client;
mod compare;
pub mod compile;
mod consult;
mod convert;
mod discover;
mod engine;
mod entries;
pub mod error;
pub mod follow;
mod grant;
mod growth;
pub mod guest;
mod hooks;
pub mod host;
mod host_state;
mod imports;
mod instance;
mod introspect;
mod limits;
pub mod log;
pub mod manifest;
mod meter;
pub mod module;
mod output;
mod permits;
pub mod plugin;
pub mod plugins;
mod pool;
mod run;
pub mod settings;
mod size;
mod structure;
mod ticks;
pub mod turn;
mod turn_context;
mod turn_export;
mod types;
mod wasi;
mod whole;

pub use client::{ClientFunction, ClientImport};
pub use compare::{Change, Weight, compare};
pub use entries::{Entries, StagedEntries, StoredEntries};
pub use error::{ClientMismatch, GuestError, LoadError};
pub use guest::Guest;
pub use hooks::Hooks;
pub use host::{Compiled, Inspected, WasmHost, recognise};
pub use limits::Limits;
pub use manifest::Manifest;
pub use module::{Method, Module};
pub use plugin::Plugin;
pub use plugins::Plugins;
pub use settings::{Compiling, ComponentBounds, Grant, HostConfig, Reuse, TypeSettings};
pub use turn::{Calls, Invocation, NoCalls, Turn};
