//! Webhooks: events of streams, posted to whoever is configured, signed, in the order of each key, until they
//! are acknowledged. The wire is that of Standard Webhooks (<https://www.standardwebhooks.com>).
//!
//! In reading order:
//! - [`config`]: what an operator may set; [`endpoint`]: the same, checked
//! - [`webhooks`]: start and stop, each webhook under the lease of its name
//! - [`worker`], [`discovery`]: what is done under it, and for which keys
//! - [`follow`]: one key's events one after the other
//! - [`message`], [`signing`]: what is posted, and how it is signed
//! - [`post`], [`destination`], [`address`]: how it is posted, where to, and where never
//! - [`answer`]: what a receiver's answer means
//! - [`requests`]: what operators ask for
//! - [`shared`], [`notes`]: how it goes, and what is kept of that with the silos
//! - [`metrics`]: what is counted

mod address;
mod answer;
pub mod config;
mod destination;
mod discovery;
mod endpoint;
mod follow;
mod message;
mod metrics;
mod notes;
mod post;
mod requests;
mod shared;
mod signing;
mod webhooks;
mod worker;

pub use config::WebhookConfig;
pub use endpoint::WebhookError;
pub use webhooks::Webhooks;
