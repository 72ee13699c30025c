//! Puts a silo together: configuration in, a running silo out, and a way to stop it.
//!
//! In reading order:
//! - [`config`], [`modules_config`](crate::modules_config): what an operator may set, with its
//!   defaults
//! - [`placement_config`](crate::placement_config), [`label`](crate::label): which silo opens an actor, and what
//!   silos have that actors may ask for
//! - [`data_dir`](crate::data_dir): whose the data are
//! - [`back_end`](crate::back_end): which store it has
//! - [`cluster_config`](crate::cluster_config), [`cluster_tls`](crate::cluster_tls),
//!   [`store_tls`](crate::store_tls), [`cell_config`](crate::cell_config), [`cluster`](crate::cluster): a silo as one of many
//! - [`archive`](crate::archive): where actors are kept that are retired
//! - [`assemble`]: open the store, let the modules serve, start
//! - [`serving`](crate::serving): how modules reach the runtime
//! - [`peers`](crate::peers): what other silos may ask of it
//! - [`admin`]: what an operator may ask of a running silo, over HTTP; [`about`](crate::about): what it
//!   says of itself, [`rates`](crate::rates): how its modules did lately
//! - [`metrics`]: how things stand, in numbers
//! - [`plugins`]: which plugin is bound to which actor
//! - [`leases`](crate::leases): who outside does what only one may do at a time
//! - [`edge_keys`](crate::edge_keys): by which edges seal what clients keep for them
//! - [`notes`](crate::notes): what edges keep with their silos
//! - [`transport`], [`refused`](crate::refused): how the edges of the same process reach the silo

mod about;
pub mod admin;
mod archive;
pub mod assemble;
mod back_end;
mod cell_config;
mod cluster;
mod cluster_config;
mod cluster_tls;
pub mod config;
mod data_dir;
mod edge_keys;
mod label;
mod leases;
pub mod metrics;
mod modules_config;
mod notes;
mod peers;
mod placement_config;
pub mod plugins;
mod rates;
mod refused;
mod serving;
mod store_tls;
pub mod transport;

pub use admin::{Token, TokenError, Tokens};
pub use assemble::{AssembleError, RunningSilo};
pub use back_end::{BackupError, BackupSummary, RestoreError, restore_backup, verify_backup};
pub use cell_config::{CellConfig, CellError};
pub use cluster::STORE_STOPPED;
pub use config::{
    ArchiveTo, ClusterConfig, ModulesConfig, PlacementConfig, RetireConfig, SiloConfig,
    StoreConfig, TypeConfig,
};
pub use data_dir::DataDirError;
pub use label::{InvalidLabel, Label};
pub use metrics::SiloMetrics;
pub use pizza_guest::compile::child as compile_child;
pub use pizza_modules::{Bundled, SecretKey};
