//! Idle actors leave memory, old rows leave the store, the reminder horizon moves on.

use std::sync::Arc;

use pizza_clock::Moment;
use pizza_store::Retention;
use pizza_types::ActorId;

use crate::core::Core;
use crate::date::{Expiry, Steps};
use crate::slot::AtRest;
use crate::{deactivate, reminders};

/// The most rows that one sweep looks at: as many as the store removes in well under a second, so
/// that commits do not wait behind it.
const EXPIRE_ROWS: usize = 50_000;

pub(crate) async fn run(core: Arc<Core>) {
    let mut expiry = Expiry::new(core.settings.dedupe_ms);
    let mut steps = Steps::default();
    loop {
        let at = Moment::of(&*core.clock);
        if steps.is_set(at) {
            let (from_ms, to_ms) = (steps.unset(at), at.wall_ms);
            tracing::warn!(from_ms, to_ms, "the machine's date was set");
        }
        steps.follow(at);
        core.pause(core.settings.sweep_ms).await;
        // Each step by itself: one that fails must not keep the others from being done.
        evict_idle(&core);
        if core.membership.is_alone()
            && let Err(error) = reminders::horizon::look_ahead(&core).await
        {
            tracing::error!(%error, "reminders cannot be read");
        }
        // A process that is killed loses no more of the time than a sweep.
        if core.membership.is_alone()
            && let Err(error) = core.durable.note(&*core.store, &*core.clock).await
        {
            tracing::error!(%error, "what time it is cannot be kept");
        }
        let date_ms = expiry.date(Moment::of(&*core.clock));
        let retention = retention(&core);
        let guarded = core.membership.guarded();
        let expired = core
            .store
            .expire(&guarded, date_ms, &retention, EXPIRE_ROWS);
        let swept = expired.await;
        match swept {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "old rows left the store"),
            Err(error) => tracing::error!(%error, "old rows cannot be removed"),
        }
    }
}

/// The retention as it is configured; what a subscriber is still to be given stays in any case.
fn retention(core: &Core) -> Retention {
    let mut retention = Retention {
        streams: core.settings.streams_keep.clone(),
        ..Retention::usual(core.settings.events_keep)
    };
    for (deployment, stream) in core.catalog.subscriptions() {
        let subscribers = retention.subscribers.entry(stream).or_default();
        subscribers.push(Arc::clone(&deployment.actor_type));
    }
    retention
}

/// Takes actors out of memory that nobody asked for lately; above the memory budget, the least
/// used go first.
pub(crate) fn evict_idle(core: &Arc<Core>) {
    let now_ms = core.clock.now_ms();
    // Asked once for many in a row: ten million actors have few types.
    let mut last: Option<(Arc<str>, u64)> = None;
    let is_idle = |id: &ActorId, used_ms: u64| {
        let known = last
            .as_ref()
            .filter(|(of, _)| Arc::ptr_eq(of, id.actor_type()));
        let idle_ms = known.map(|(_, idle_ms)| *idle_ms).unwrap_or_else(|| {
            let deployment = core.catalog.find(id.actor_type());
            let idle_ms = deployment.map_or(0, |deployment| deployment.policy.idle_ms);
            last = Some((Arc::clone(id.actor_type()), idle_ms));
            idle_ms
        });
        used_ms.saturating_add(idle_ms) <= now_ms
    };
    let (mut bytes, idle) = core.slots.idle(is_idle);
    let budget = core.settings.memory_bytes_max;
    for resting in idle {
        bytes -= evict(core, resting);
    }
    if bytes <= budget {
        return;
    }
    let mut resting = core.slots.at_rest();
    // The least used first: they are the ones to go when memory is short.
    resting.sort_unstable_by_key(|(_, used_ms, _)| *used_ms);
    for resting in resting {
        if bytes <= budget {
            return;
        }
        bytes = bytes.saturating_sub(evict(core, resting));
    }
}

/// Takes an actor out of memory unless it was used since; returns what that has freed.
fn evict(core: &Arc<Core>, resting: AtRest) -> usize {
    let (id, used_ms, bytes) = resting;
    let Some(evicted) = core.slots.evict(&id, used_ms) else {
        return 0;
    };
    if let Some(activation) = evicted.activation {
        tokio::spawn(deactivate::run(Arc::clone(core), id, activation));
    }
    bytes
}
