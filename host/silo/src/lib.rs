//! Puts a silo together: configuration in, a running silo out, and a way to stop it.
//!
//! In reading order:
//! - [`config`], [`modules_config`](crate::modules_config): what an operator may set, with its
//!   defaults
//! - [`data_dir`](crate::data_dir): whose the data are
//! - [`back_end`](crate::back_end): which store it has
//! - [`cluster_config`](crate::cluster_config), [`cluster_tls`](crate::cluster_tls),
//!   [`cluster`](crate::cluster): a silo as one of many
//! - [`archive`](crate::archive): where actors are kept that are retired
//! - [`assemble`]: open the store, let the modules serve, start
//! - [`serving`](crate::serving): how modules reach the runtime
//! - [`peers`](crate::peers): what other silos may ask of it
//! - [`admin`]: what an operator may ask of a running silo, over HTTP
//! - [`metrics`]: how things stand, in numbers
//! - [`plugins`]: which plugin is bound to which actor
//! - [`transport`]: how the edges of the same process reach the silo

pub mod admin;
mod archive;
pub mod assemble;
mod back_end;
mod cluster;
mod cluster_config;
mod cluster_tls;
pub mod config;
mod data_dir;
pub mod metrics;
mod modules_config;
mod peers;
pub mod plugins;
mod serving;
pub mod transport;

pub use admin::{Token, TokenError};
pub use assemble::{AssembleError, RunningSilo};
pub use config::{
    ArchiveTo, ClusterConfig, ModulesConfig, RetireConfig, SiloConfig, StoreConfig, TypeConfig,
};
pub use data_dir::DataDirError;
pub use metrics::SiloMetrics;
pub use pizza_guest::compile::child as compile_child;
pub use pizza_modules::{Bundled, SecretKey};
