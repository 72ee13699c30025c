//! Brings the events of one route to their actor, one after the other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::{StoreError, StoredEvent};
use pizza_types::{ActorId, Body, MessageId};

use super::inbox::{Inbox, Next};
use crate::silo::Core;
use crate::supervise::{self, Verdict};

/// Events read at a time.
const PAGE: usize = 64;
const READ_AGAIN_MS: u64 = 1_000;

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) subscriber: Arc<str>,
    pub(super) stream: Arc<str>,
    pub(super) key: Arc<str>,
}

/// One for each route that has work.
#[derive(Default)]
pub(super) struct Pumps(Mutex<HashMap<Route, Inbox>>);

impl Pumps {
    pub(super) fn hand_over(&self, core: &Arc<Core>, route: Route, event: StoredEvent) {
        self.inform(core, route, |inbox| inbox.put(event));
    }

    /// The store has events that the subscriber was not given.
    pub(super) fn catch_up(&self, core: &Arc<Core>, route: Route) {
        self.inform(core, route, Inbox::look_again);
    }

    fn inform(&self, core: &Arc<Core>, route: Route, tell: impl FnOnce(&mut Inbox)) {
        match self.0.lock().entry(route) {
            Entry::Occupied(mut running) => tell(running.get_mut()),
            Entry::Vacant(place) => {
                let route = place.key().clone();
                tell(place.insert(Inbox::default()));
                tokio::spawn(pump(Arc::clone(core), route));
            }
        }
    }

    /// `Nothing` ends the pump: what comes later starts another.
    fn next(&self, route: &Route, cursor: u64) -> Next {
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

    /// More is in the store than was read.
    fn look_again(&self, route: &Route) {
        if let Some(inbox) = self.0.lock().get_mut(route) {
            inbox.look_again();
        }
    }
}

async fn pump(core: Arc<Core>, route: Route) {
    while let Err(error) = drain(&core, &route).await {
        tracing::error!(%error, stream = %route.stream, key = %route.key, "events cannot be read");
        core.pause(READ_AGAIN_MS).await;
        if core.is_stopping() {
            return;
        }
        core.streams.pumps.look_again(&route);
    }
}

async fn drain(core: &Arc<Core>, route: &Route) -> Result<(), StoreError> {
    let Route {
        subscriber,
        stream,
        key,
    } = route;
    let pumps = &core.streams.pumps;
    let mut cursor = core.store.cursor(subscriber, stream, key).await?;
    loop {
        let events = match pumps.next(route, cursor) {
            Next::Nothing => return Ok(()),
            Next::Events(events) => events,
            Next::Read { before } => {
                let events = core.store.events(stream, key, cursor, PAGE).await?;
                if events.len() == PAGE {
                    pumps.look_again(route);
                }
                // What is missing before an event at hand was forgotten long ago.
                if let (true, Some(first)) = (events.is_empty(), before) {
                    cursor = first - 1;
                }
                events
            }
        };
        for event in events {
            cursor = event.position;
            match give(core, route, event).await {
                // The actor's commit has moved the cursor.
                Given::Handled => {}
                Given::Skipped => {
                    let store = &core.store;
                    store.set_cursor(subscriber, stream, key, cursor).await?;
                }
                Given::Stopped => return Ok(()),
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
