//! Durable events, to subscribers inside and readers outside. Each subscriber has a
//! cursor for each (stream, key), which moves with the commit of the turn that handled
//! the event; one pump brings the events, one after the other.

mod inbox;
pub(crate) mod pump;
mod pumps;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::{StoreError, StreamKey, StreamStore};
use tokio::sync::Notify;

use self::pumps::Pumps;
pub(crate) use self::pumps::Route;
use crate::catalog::Catalog;

/// The routes with events on their way, and who watches from outside.
#[derive(Default)]
pub(crate) struct Streams {
    pumps: Pumps,
    watchers: Mutex<HashMap<StreamKey, Arc<Notify>>>,
}

impl Streams {
    /// There are new events in the store. Returns the routes whose pumps have to be started.
    #[must_use = "a pump that nobody starts brings no events"]
    pub(crate) fn published(&self, catalog: &Catalog, of: &StreamKey) -> Vec<Route> {
        let StreamKey { stream, key } = of;
        if let Some(watcher) = self.watchers.lock().get(of) {
            watcher.notify_waiters();
        }
        let subscribers = catalog.subscribers(stream, key).into_iter();
        let started = subscribers.filter_map(|deployment| {
            let route = Route {
                subscriber: Arc::clone(&deployment.actor_type),
                stream: Arc::clone(stream),
                key: Arc::clone(key),
            };
            self.pumps.catch_up(route)
        });
        started.collect()
    }

    /// Returns once there is an event above `after`, or a little early.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn event_after(
        &self,
        store: &dyn StreamStore,
        stream: &str,
        key: &str,
        after: u64,
    ) -> Result<(), StoreError> {
        let watched = StreamKey {
            stream: stream.into(),
            key: key.into(),
        };
        let watcher = {
            let mut watchers = self.watchers.lock();
            // Watchers without a waiter are of no use. Looking for them at powers of two makes the
            // search cheap on average, however many there are.
            if watchers.len().is_power_of_two() {
                watchers.retain(|_, watcher| Arc::strong_count(watcher) > 1);
            }
            Arc::clone(watchers.entry(watched).or_default())
        };
        let notified = watcher.notified();
        tokio::pin!(notified);
        // Listen first, then look: an event between the two is not missed.
        notified.as_mut().enable();
        if store.stream_head(stream, key).await? <= after {
            notified.await;
        }
        Ok(())
    }
}
