//! The routes that have work.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::inbox::Inbox;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Events of one stream and key on their way to the actor of that key of one type.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    pub(crate) subscriber: Arc<str>,
    pub(crate) stream: Arc<str>,
    pub(crate) key: Arc<str>,
}

/// An inbox for each route that has work; its presence says that a pump runs.
#[derive(Default)]
pub(super) struct Pumps(Mutex<HashMap<Route, Inbox>>);

impl Pumps {
    /// The store has events that the subscriber was not given; returns the route when its
    /// pump has to be started.
    pub(super) fn catch_up(&self, route: Route) -> Option<Route> {
        match self.0.lock().entry(route) {
            Entry::Occupied(mut running) => {
                running.get_mut().look_again();
                None
            }
            Entry::Vacant(vacant) => {
                let route = vacant.key().clone();
                vacant.insert(Inbox::default()).look_again();
                Some(route)
            }
        }
    }

    /// Whether there is more to read; false ends the pump, and what comes later starts another.
    pub(super) fn has_more(&self, route: &Route) -> bool {
        let mut pumps = self.0.lock();
        let has_more = pumps.get_mut(route).is_some_and(Inbox::take);
        if !has_more {
            pumps.remove(route);
        }
        has_more
    }

    /// Gathers events of a running route; who waits is notified once there are so many.
    pub(super) fn gather(&self, route: &Route, enough: usize) -> Arc<Notify> {
        let mut pumps = self.0.lock();
        let inbox = pumps.get_mut(route);
        // A route without an inbox has no pump; if it asked all the same, its pause would end it.
        inbox.map_or_else(Arc::default, |inbox| inbox.gather(enough))
    }

    /// Notes that more is in the store than was read.
    pub(super) fn look_again(&self, route: &Route) {
        if let Some(inbox) = self.0.lock().get_mut(route) {
            inbox.look_again();
        }
    }
}
