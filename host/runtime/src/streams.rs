//! Durable events, to subscribers inside and readers outside. Each subscriber has a
//! cursor for each (stream, key), which moves with the commit of the turn that handled
//! the event; one pump brings the events, one after the other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::{StoreError, StoredEvent};
use pizza_types::{ActorId, Body, MessageId};
use tokio::sync::Notify;

use crate::silo::Core;
use crate::supervise::{self, Verdict};

/// Events read at a time.
const PAGE: usize = 64;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Route {
    subscriber: Arc<str>,
    stream: Arc<str>,
    key: Arc<str>,
}

type Watched = (Arc<str>, Arc<str>);

#[derive(Default)]
pub(crate) struct Streams {
    /// Pumps that run; true when there is more than they have looked at.
    pumps: Mutex<HashMap<Route, bool>>,
    watchers: Mutex<HashMap<Watched, Arc<Notify>>>,
}

impl Streams {
    /// There are new events; they are durable.
    pub(crate) fn published(&self, core: &Arc<Core>, stream: &Arc<str>, key: &Arc<str>) {
        let watched = (Arc::clone(stream), Arc::clone(key));
        if let Some(watcher) = self.watchers.lock().get(&watched) {
            watcher.notify_waiters();
        }
        for actor_type in core.catalog.subscribers(stream) {
            let route = Route {
                subscriber: Arc::clone(&actor_type.name),
                stream: Arc::clone(stream),
                key: Arc::clone(key),
            };
            self.start_pump(core, route);
        }
    }

    fn start_pump(&self, core: &Arc<Core>, route: Route) {
        match self.pumps.lock().entry(route) {
            Entry::Occupied(mut running) => drop(running.insert(true)),
            Entry::Vacant(place) => {
                let route = place.key().clone();
                place.insert(false);
                tokio::spawn(pump(Arc::clone(core), route));
            }
        }
    }

    /// Ends the pump unless there is more.
    fn stop_pump(&self, route: &Route) -> bool {
        let mut pumps = self.pumps.lock();
        if let Some(more) = pumps.get_mut(route)
            && std::mem::take(more)
        {
            return false;
        }
        pumps.remove(route);
        true
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

/// Brings every event of one route to its actor, in order, until there are no more.
async fn pump(core: Arc<Core>, route: Route) {
    loop {
        match drain(&core, &route).await {
            Ok(Verdict::Stopped) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, stream = %route.stream, key = %route.key, "events cannot be read");
                return;
            }
        }
        if core.streams.stop_pump(&route) {
            return;
        }
    }
}

async fn drain(core: &Arc<Core>, route: &Route) -> Result<Verdict, StoreError> {
    let Route {
        subscriber,
        stream,
        key,
    } = route;
    let mut cursor = core.store.cursor(subscriber, stream, key).await?;
    loop {
        let events = core.store.events(stream, key, cursor, PAGE).await?;
        if events.is_empty() {
            return Ok(Verdict::Settled);
        }
        for event in events {
            cursor = event.position;
            match give(core, route, event).await {
                // The actor's commit has moved the cursor.
                Given::Handled => {}
                Given::Skipped => {
                    let store = &core.store;
                    store.set_cursor(subscriber, stream, key, cursor).await?;
                }
                Given::Stopped => return Ok(Verdict::Stopped),
            }
        }
    }
}

enum Given {
    Handled,
    /// Nobody can, or could, handle it.
    Skipped,
    Stopped,
}

async fn give(core: &Arc<Core>, route: &Route, event: StoredEvent) -> Given {
    let Ok(target) = ActorId::new(Arc::clone(&route.subscriber), Arc::clone(&route.key)) else {
        // A key that is no actor key has no actor to go to.
        return Given::Skipped;
    };
    let position = event.position.to_le_bytes();
    let parts: [&[u8]; 4] = [
        route.subscriber.as_bytes(),
        route.stream.as_bytes(),
        route.key.as_bytes(),
        &position,
    ];
    let id = MessageId::derive("event", &parts);
    let body = Body::Event {
        stream: Arc::clone(&route.stream),
        position: event.position,
        payload: event.payload,
    };
    let mut envelope = core.internal(&target, body);
    envelope.id = id;
    match supervise::deliver(core, &envelope).await {
        Verdict::Settled => Given::Handled,
        Verdict::Dead => Given::Skipped,
        Verdict::Stopped => Given::Stopped,
    }
}

/// Takes up what subscribers had not been given before the silo stopped last time.
pub(crate) async fn resume(core: &Arc<Core>) -> Result<(), StoreError> {
    for (actor_type, stream) in core.catalog.subscriptions() {
        for (key, head) in core.store.stream_heads(&stream).await? {
            let subscriber = Arc::clone(&actor_type.name);
            if core.store.cursor(&subscriber, &stream, &key).await? < head {
                let stream = Arc::clone(&stream);
                core.streams.start_pump(
                    core,
                    Route {
                        subscriber,
                        stream,
                        key,
                    },
                );
            }
        }
    }
    Ok(())
}
