//! Durable events, to subscribers inside and readers outside. Each subscriber has a
//! cursor for each (stream, key), which moves with the commit of the turn that handled
//! the event; one pump brings the events, one after the other.

mod inbox;
mod pump;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::{StoreError, StoredEvent};
use tokio::sync::Notify;

use self::pump::{Pumps, Route};
use crate::silo::Core;

type Watched = (Arc<str>, Arc<str>);

#[derive(Default)]
pub(crate) struct Streams {
    pumps: Pumps,
    watchers: Mutex<HashMap<Watched, Arc<Notify>>>,
}

impl Streams {
    /// There is a new event; it is durable. Without it, the store has it.
    pub(crate) fn published(
        &self,
        core: &Arc<Core>,
        stream: &Arc<str>,
        key: &Arc<str>,
        event: Option<&StoredEvent>,
    ) {
        let watched = (Arc::clone(stream), Arc::clone(key));
        if let Some(watcher) = self.watchers.lock().get(&watched) {
            watcher.notify_waiters();
        }
        for actor_type in core.catalog.subscribers(stream, key) {
            let route = Route {
                subscriber: Arc::clone(&actor_type.name),
                stream: Arc::clone(stream),
                key: Arc::clone(key),
            };
            match event {
                Some(event) => self.pumps.hand_over(core, route, event.clone()),
                None => self.pumps.catch_up(core, route),
            }
        }
    }

    /// Returns once there is an event above `after`, or a little early.
    pub(crate) async fn event_after(
        &self,
        core: &Core,
        stream: &str,
        key: &str,
        after: u64,
    ) -> Result<(), StoreError> {
        let watched: Watched = (stream.into(), key.into());
        let watcher = {
            let mut watchers = self.watchers.lock();
            // Those that nobody waits at any more are of no use.
            if watchers.len().is_power_of_two() {
                watchers.retain(|_, watcher| Arc::strong_count(watcher) > 1);
            }
            Arc::clone(watchers.entry(watched).or_default())
        };
        let notified = watcher.notified();
        tokio::pin!(notified);
        // Listen first, then look: an event between the two is not missed.
        notified.as_mut().enable();
        if core.store.stream_head(stream, key).await? <= after {
            notified.await;
        }
        Ok(())
    }
}

/// Takes up what subscribers had not been given before the silo stopped last time.
pub(crate) async fn resume(core: &Arc<Core>) -> Result<(), StoreError> {
    for (actor_type, stream) in core.catalog.subscriptions() {
        for (key, head) in core.store.stream_heads(&stream).await? {
            let subscriber = Arc::clone(&actor_type.name);
            if core.store.cursor(&subscriber, &stream, &key).await? < head {
                let stream = Arc::clone(&stream);
                let route = Route {
                    subscriber,
                    stream,
                    key,
                };
                core.streams.pumps.catch_up(core, route);
            }
        }
    }
    Ok(())
}
