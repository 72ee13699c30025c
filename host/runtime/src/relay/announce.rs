//! Events are in their streams: whoever guards these is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pizza_cluster::{Request, Response};
use pizza_store::{LogEntry, StreamKey};
use pizza_types::SiloId;

use crate::core::Core;

/// How long a silo that could not be told is left alone, in milliseconds.
const TRY_AGAIN_MS: u64 = 50;

/// Tells of the events of these entries.
pub(super) async fn events_of(core: &Arc<Core>, entries: &[LogEntry]) {
    let events = entries.iter().flat_map(|entry| &entry.leaving.events);
    if core.membership.is_alone() {
        for event in events {
            core.published(&event.keys);
        }
        return;
    }
    let events = events.flat_map(|event| event.keys.iter().cloned());
    keys(core, events.collect()).await;
}

/// Tells whoever guards these streams.
pub(crate) async fn keys(core: &Arc<Core>, keys: BTreeSet<StreamKey>) {
    let left = tell(core, keys).await;
    if left.is_empty() {
        return;
    }
    // Events of other streams do not wait for a silo that is away. Whoever guards its streams
    // after it looks by itself.
    let core = Arc::clone(core);
    tokio::spawn(async move {
        let mut left = left;
        while !left.is_empty() && !core.is_stopping() {
            core.pause(TRY_AGAIN_MS).await;
            left = tell(&core, left).await;
        }
    });
}

/// Tells the guardians of these streams; returns the streams whose guardian has not heard of it.
async fn tell(core: &Arc<Core>, keys: BTreeSet<StreamKey>) -> BTreeSet<StreamKey> {
    let known = core.membership.known();
    let mut by_home: BTreeMap<SiloId, Vec<StreamKey>> = BTreeMap::new();
    for of in keys {
        if let Some(home) = known.homes.home(of.shard()) {
            by_home.entry(home.clone()).or_default().push(of);
        }
    }
    if let Some(mine) = by_home.remove(core.membership.me()) {
        core.published(&mine);
    }
    let mut left = BTreeSet::new();
    for (home, keys) in by_home {
        let request = Request::Published(keys.clone());
        match core.network.ask(&home, request).await {
            Ok(Response::Done) => {}
            Ok(_) | Err(_) => left.extend(keys),
        }
    }
    left
}
