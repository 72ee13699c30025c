//! The routes that have work, and the events at hand for each.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::StoredEvent;
use tokio::sync::Notify;

use super::inbox::{Inbox, Next};

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
    /// An event for the route; returns the route when its pump has to be started.
    pub(super) fn hand_over(&self, route: Route, event: StoredEvent) -> Option<Route> {
        self.change(route, |inbox| inbox.put(event))
    }

    /// The store has events that the subscriber was not given; returns the route when its
    /// pump has to be started.
    pub(super) fn catch_up(&self, route: Route) -> Option<Route> {
        self.change(route, Inbox::look_again)
    }

    fn change(&self, route: Route, change: impl FnOnce(&mut Inbox)) -> Option<Route> {
        match self.0.lock().entry(route) {
            Entry::Occupied(mut running) => {
                change(running.get_mut());
                None
            }
            Entry::Vacant(vacant) => {
                let route = vacant.key().clone();
                change(vacant.insert(Inbox::default()));
                Some(route)
            }
        }
    }

    /// `Nothing` ends the pump: what comes later starts another.
    pub(super) fn next(&self, route: &Route, cursor: u64) -> Next {
        let mut pumps = self.0.lock();
        let Some(inbox) = pumps.get_mut(route) else {
            return Next::Nothing;
        };
        let next = inbox.next(cursor);
        if next == Next::Nothing {
            pumps.remove(route);
        }
        next
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
