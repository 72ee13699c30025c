//! Puts a silo together: configuration in, a running silo out, and a way to stop it.
//!
//! In reading order:
//! - [`config`]: what an operator may set, with its defaults
//! - [`assemble`]: open the store, load the modules, check them against each other, start
//! - [`admin`]: what an operator may ask of a running silo, over HTTP
//! - [`gauges`]: how things stand, for whoever reads metrics
//! - [`plugins`]: which plugin is bound to which actor
//! - [`transport`]: how the edges of the same process reach the silo

pub mod admin;
pub mod assemble;
pub mod config;
pub mod gauges;
pub mod plugins;
pub mod transport;

pub use admin::{Token, TokenError};
pub use assemble::{AssembleError, BundledModule, RunningSilo};
pub use config::{SiloConfig, StoreConfig, TypeConfig};
pub use gauges::Gauges;
