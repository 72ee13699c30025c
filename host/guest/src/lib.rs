//! The only crate that names wasmtime: it compiles modules, keeps instances, and runs
//! one turn of a guest within bounds.
//!
//! In reading order:
//! - [`settings`]: the bounds, each a number
//! - [`error`]: what a guest can do wrong, and why a module can be refused
//! - [`turn`]: what goes into a turn
//! - [`run`](crate::run): one turn, from arguments to outcome
//! - [`desk`](crate::desk): what a guest sees and stages during a turn
//! - [`imports`](crate::imports): one file for each interface that a guest may import
//! - [`module`]: a module with its methods, hooks and clients
//! - [`discover`](crate::discover), [`types`](crate::types), [`convert`](crate::convert):
//!   what a component exports and imports, and its values
//! - [`pool`](crate::pool), [`instance`](crate::instance): warm instances, bounded
//! - [`host`]: engine, compilation and loading
//! - [`engine`](crate::engine), [`cache`](crate::cache), [`wasi`](crate::wasi)

mod cache;
mod convert;
mod desk;
mod discover;
mod engine;
pub mod error;
pub mod host;
mod imports;
mod instance;
pub mod module;
mod pool;
mod run;
pub mod settings;
pub mod turn;
mod types;
mod wasi;

pub use error::{ClientMismatch, GuestError, LoadError};
pub use host::WasmHost;
pub use module::{ClientFunction, ClientImport, Hooks, Method, Module};
pub use settings::{HostConfig, Limits, Reuse, TypeSettings};
pub use turn::{Calls, Turn, What};
