//! What the routes work on.

use std::sync::Arc;

use pizza_client::Client;
use pizza_modules::Modules;
use pizza_runtime::Silo;
use pizza_store::{MembershipStore, Store};
use tokio::sync::{Semaphore, watch};

use super::use_exchange::UseExchange;
use crate::about::About;
use crate::plugins::Bindings;
use crate::rates::Rates;

/// The silo and what belongs to it, for every route.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) silo: Silo,
    pub(crate) store: Arc<dyn Store>,
    /// `None` for a silo that is alone on its store.
    pub(crate) cluster: Option<Arc<dyn MembershipStore>>,
    pub(crate) client: Client,
    pub(crate) modules: Modules,
    pub(crate) plugins: Arc<Bindings>,
    pub(crate) about: Arc<About>,
    pub(crate) rates: Arc<Rates>,
    /// What the clients of gateways used.
    pub(crate) uses: Arc<UseExchange>,
    /// Held by whoever reads thousands of rows for one answer: the silo has other work to do.
    pub(crate) long_reads: Arc<Semaphore>,
    /// Held while a backup is taken.
    pub(crate) backups: Arc<Semaphore>,
    /// Turns true when the silo is about to go, so that nobody waits for events any more.
    pub(crate) closing: watch::Receiver<bool>,
}
