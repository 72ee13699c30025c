//! Brings the events of one route to their actor: in order, those that wait together in
//! one turn. The first event after a rest goes at once. What follows is gathered, by time and by
//! number, so that under load a batch is as large as it may be, and none waits longer than it
//! must.

use std::sync::Arc;

use pizza_store::{StoreError, StoredEvent};
use pizza_types::{ActorId, Body, Envelope, MessageId, StreamEvent};

use super::Route;
use crate::core::Core;
use crate::settings::Policy;
use crate::supervise::{self, DeliveryResult};

/// The number of events that are read at a time.
const PAGE: usize = 256;
/// How long a store that could not be read is left alone, in milliseconds.
const READ_AGAIN_MS: u64 = 1_000;
/// The most bytes of payloads in one turn, well below what may be handed to a guest at once.
const BATCH_BYTES_MAX: usize = 256 << 10;
/// A batch that cannot be handled is cut into so many. More of them find the one event at fault in
/// fewer failing turns, which the circuit breaker counts; fewer of them keep more events together.
const CUT_INTO: usize = 4;

/// Brings the events of a route until there are none left.
pub(crate) async fn run(core: Arc<Core>, route: Route) {
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
    // From the store: the last pump of this route may have ended at any place.
    let mut cursor = core.store.cursor(subscriber, stream, key).await?;
    while pumps.has_more(route) {
        let events = core.store.events(stream, key, cursor, PAGE).await?;
        if events.len() == PAGE {
            pumps.look_again(route);
        }
        let policy = core.policy(subscriber);
        let are_few = (1..policy.events_batch_max).contains(&events.len());
        let begun_ms = core.clock.now_ms();
        for batch in batches(events, policy.events_batch_max) {
            if let Some(last) = batch.last() {
                cursor = last.position;
            }
            if !give(core, route, batch).await? {
                return Ok(());
            }
        }
        // Many at once are a backlog, and are better taken on without a pause.
        if are_few {
            gather(core, route, &policy, begun_ms).await;
        }
    }
    Ok(())
}

/// Lets events come together, until a batch is full or the oldest of them must go.
async fn gather(core: &Core, route: &Route, policy: &Policy, begun_ms: u64) {
    // The oldest event may have come just behind the last batch was taken, and its own turn is
    // likely to take as long as that one did: with both of them it is heard of in time.
    let took_ms = core.clock.now_ms().saturating_sub(begun_ms);
    let gather_ms = policy.events_gather_ms.saturating_sub(took_ms);
    if gather_ms <= took_ms {
        return;
    }
    let full = core.streams.pumps.gather(route, policy.events_batch_max);
    tokio::select! {
        biased;
        () = full.notified() => {}
        () = core.clock.sleep_until(begun_ms.saturating_add(gather_ms)) => {}
    }
}

fn batches(events: Vec<StoredEvent>, batch_max: usize) -> impl Iterator<Item = Vec<StreamEvent>> {
    let events = events.into_iter().map(|event| StreamEvent {
        position: event.position,
        payload: event.payload,
    });
    let mut events = events.peekable();
    std::iter::from_fn(move || {
        // The first one goes in whatever its size: it has to be given some time.
        let mut batch = vec![events.next()?];
        let mut bytes = batch[0].payload.len();
        while batch.len() < batch_max
            && let Some(next) = events.next_if(|e| bytes + e.payload.len() <= BATCH_BYTES_MAX)
        {
            bytes += next.payload.len();
            batch.push(next);
        }
        Some(batch)
    })
}

/// Gives events to their actor. False when the silo is stopping.
async fn give(
    core: &Arc<Core>,
    route: &Route,
    events: Vec<StreamEvent>,
) -> Result<bool, StoreError> {
    let Route {
        subscriber,
        stream,
        key,
    } = route;
    let Ok(target) = ActorId::new(Arc::clone(subscriber), Arc::clone(key)) else {
        // A key that is no actor key has no actor to go to.
        let last = events.last().map_or(0, |event| event.position);
        core.store.set_cursor(subscriber, stream, key, last).await?;
        return Ok(true);
    };
    // The batches that are yet to be given, the next one last.
    let mut left = vec![events];
    while let Some(mut batch) = left.pop() {
        if batch.len() > 1 {
            let together = envelope(core, &target, route, batch.clone());
            if core.deliver(together).await.is_ok() {
                continue;
            }
            // One that cannot be handled must not take the others with it: smaller batches find
            // it, and in the end it goes alone. They also go where all together ask too much of
            // one turn.
            let size = batch.len().div_ceil(CUT_INTO);
            while !batch.is_empty() {
                let begin = batch.len().saturating_sub(1) / size * size;
                left.push(batch.split_off(begin));
            }
            continue;
        }
        let Some(position) = batch.first().map(|event| event.position) else {
            continue;
        };
        let alone = envelope(core, &target, route, batch);
        match supervise::deliver(core, &alone).await {
            // The actor's commit has moved the cursor.
            DeliveryResult::Settled => {}
            DeliveryResult::DeadLetter | DeliveryResult::Dropped => {
                let store = &core.store;
                store.set_cursor(subscriber, stream, key, position).await?;
            }
            DeliveryResult::Away | DeliveryResult::Stopped => return Ok(false),
        }
    }
    Ok(true)
}

fn envelope(core: &Core, target: &ActorId, route: &Route, events: Vec<StreamEvent>) -> Envelope {
    let body = Body::Events {
        stream: Arc::clone(&route.stream),
        events,
    };
    let parts: [&[u8]; 3] = [
        route.subscriber.as_bytes(),
        route.key.as_bytes(),
        &body.fingerprint(),
    ];
    let id = MessageId::derive("event", &parts);
    let mut envelope = core.internal(target, body);
    envelope.id = id;
    envelope
}

/// Takes up what subscribers had not been given before the silo stopped last time.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn resume(core: &Arc<Core>) -> Result<(), StoreError> {
    for (deployment, stream) in core.catalog.subscriptions() {
        let guarded = core.membership.guarded();
        for (key, head) in core.store.stream_heads(&guarded, &stream).await? {
            let subscriber = Arc::clone(&deployment.actor_type);
            if core.store.cursor(&subscriber, &stream, &key).await? < head {
                let stream = Arc::clone(&stream);
                let route = Route {
                    subscriber,
                    stream,
                    key,
                };
                core.start_pumps(core.streams.pumps.catch_up(route));
            }
        }
    }
    Ok(())
}
