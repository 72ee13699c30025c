//! Durable events, to subscribers inside and readers outside. Each subscriber has a
//! cursor for each (stream, key), which moves with the commit of the turn that handled
//! the event; one pump brings the events, one after the other.

pub(crate) mod follow;
mod inbox;
pub(crate) mod pump;
mod pumps;
pub(crate) mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::StreamKey;
use tokio::sync::Notify;

use self::pumps::Pumps;
pub(crate) use self::pumps::Route;
use crate::catalog::Catalog;

/// The routes with events on their way, and who watches from outside.
#[derive(Default)]
pub(crate) struct Streams {
    pumps: Pumps,
    watchers: Mutex<HashMap<StreamKey, Arc<Notify>>>,
    /// The streams that other silos guard and that are watched here.
    followed: Mutex<HashSet<StreamKey>>,
}

impl Streams {
    /// There are new events in the store. Returns the routes whose pumps have to be started.
    #[must_use = "a pump that nobody starts brings no events"]
    pub(crate) fn published(&self, catalog: &Catalog, of: &StreamKey) -> Vec<Route> {
        let StreamKey { stream, key } = of;
        self.wake(of);
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

    /// Who is notified of each event of a stream that this silo hears of.
    fn watcher(&self, of: &StreamKey) -> Arc<Notify> {
        let mut watchers = self.watchers.lock();
        // Watchers without a waiter are of no use. Looking for them at powers of two makes the
        // search cheap on average, however many there are.
        if watchers.len().is_power_of_two() {
            watchers.retain(|_, watcher| Arc::strong_count(watcher) > 1);
        }
        Arc::clone(watchers.entry(of.clone()).or_default())
    }

    /// Who watches this stream looks again.
    fn wake(&self, of: &StreamKey) {
        if let Some(watcher) = self.watchers.lock().get(of) {
            watcher.notify_waiters();
        }
    }

    /// Who watches any stream looks again.
    pub(crate) fn wake_all(&self) {
        for watcher in self.watchers.lock().values() {
            watcher.notify_waiters();
        }
    }

    /// Somebody watches a stream that another silo guards. True if nobody follows it yet.
    fn begins_to_follow(&self, of: &StreamKey) -> bool {
        self.followed.lock().insert(of.clone())
    }

    fn end_following(&self, of: &StreamKey) {
        self.followed.lock().remove(of);
    }

    /// Whether somebody still watches a stream that is followed; if not, it is followed no more.
    fn is_followed(&self, of: &StreamKey) -> bool {
        // Both locks, in the order of their use: who begins to watch now is seen here, or begins to
        // follow anew.
        let watchers = self.watchers.lock();
        let watcher = watchers.get(of);
        let is_watched = watcher.is_some_and(|watcher| Arc::strong_count(watcher) > 1);
        if !is_watched {
            self.followed.lock().remove(of);
        }
        is_watched
    }
}
