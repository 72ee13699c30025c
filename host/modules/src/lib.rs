//! Modules of a running silo: kept by their digest, checked, swapped, taken back.
//!
//! In reading order:
//! - [`record`]: what is kept of modules, as rows of the store
//! - [`registry`](crate::registry): where it is kept
//! - [`sign`]: whose modules a silo takes
//! - [`serving`]: what carries modules out; the runtime, seen from here
//! - [`push`](crate::push): from bytes to a module that could serve
//! - [`compat`](crate::compat): whether a module may take another's place
//! - [`activate`](crate::activate), [`rollback`](crate::rollback): the one step that changes
//!   what serves, and the way back
//! - [`follow`](crate::follow): what another silo has decided
//! - [`downgrade`](crate::downgrade): states that an older module cannot read
//! - [`layouts`](crate::layouts): how many states there are of which
//! - [`withdraw`](crate::withdraw): what is not to come back
//! - [`dry_run`](crate::dry_run), [`reading`](crate::reading): copies of real states, migrated
//!   and read
//! - [`remove`](crate::remove): what nobody needs any more goes
//! - [`watch`](crate::watch): a module that fails too often is taken back by itself
//! - [`bundled`](crate::bundled): modules that come with the program, at start
//! - [`error`]: each stage's own refusal
//! - [`modules`](crate::modules): the handle that holds it all together

mod activate;
mod bundled;
mod compat;
mod downgrade;
mod dry_run;
pub mod error;
mod follow;
mod layouts;
mod modules;
mod push;
mod reading;
pub mod record;
mod registry;
mod remove;
mod rollback;
pub mod serving;
pub mod sign;
mod watch;
mod withdraw;

pub use activate::{Activate, How};
pub use bundled::Bundled;
pub use dry_run::{DryRun, Failing};
pub use error::Refusal;
pub use layouts::Layouts;
pub use modules::{Modules, Settings, Shown};
pub use push::{Push, Pushed, Step};
pub use record::{Audit, Canary, Info, Plan, Withdrawn};
pub use registry::withdrawn;
pub use serving::{Served, ServingPort};
pub use sign::{PLUGINS, SecretKey, SignError, Signature, Trust, TrustedKey};
