//! A whole cluster in one seeded thread: silos, their network, their clocks and their store, with
//! everything going wrong that a seed says, and what must hold all the same.
//!
//! In reading order:
//! - [`plan`]: what a seed makes happen, and when
//! - [`run`]: one simulation from its seed to its verdict
//! - [`silo`]: what runs on each host
//! - [`clients`]: what is asked of the silos, and what they answered
//! - [`account`], [`sums`]: the actors that are asked
//! - [`check`]: what must hold
//! - [`clock`], [`network`], [`store`]: time, links and storage, and what goes wrong in them
//! - [`rollback`]: a store that goes back in time
//! - [`planted`]: mistakes that the checks must find
//! - [`trace`]: everything that happened, as one number

pub mod account;
pub mod check;
pub mod clients;
pub mod clock;
pub mod network;
pub mod plan;
pub mod planted;
pub mod rollback;
pub mod run;
pub mod silo;
pub mod store;
pub mod sums;
pub mod trace;

pub use planted::Planted;
pub use run::{Report, run};
