//! For which keys events are posted, and where each begins.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pizza_types::CallError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Begin;
use crate::follow::{Follower, cursor};
use crate::notes;
use crate::post::Poster;
use crate::shared::Shared;

/// How soon a new key is found. Its events wait in the stream until then, and are not lost.
const DISCOVER_EVERY: Duration = Duration::from_secs(2);

/// Follows until it is to stop, and every follower has come to the end of what it has begun.
pub(crate) async fn follow_all(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut followers = JoinSet::new();
    let mut known: HashSet<Arc<str>> = HashSet::new();
    loop {
        match find(&shared, &known).await {
            Ok(found) => {
                for (key, position) in found {
                    known.insert(Arc::clone(&key));
                    let poster = Poster::new(Arc::clone(&shared.endpoint));
                    let follower = Follower {
                        shared: Arc::clone(&shared),
                        key,
                        poster,
                        position,
                    };
                    followers.spawn(follower.run(stop.clone()));
                }
            }
            Err(error) => {
                let webhook = shared.name();
                tracing::warn!(webhook, %error, "what to follow cannot be found; it is tried again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(DISCOVER_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    while followers.join_next().await.is_some() {}
}

/// Keys that are new, each with the position that it begins after.
async fn find(
    shared: &Shared,
    known: &HashSet<Arc<str>>,
) -> Result<Vec<(Arc<str>, u64)>, CallError> {
    let config = &shared.endpoint.config;
    let mut keys: Vec<Arc<str>> = if config.keys.is_empty() {
        shared.client.all_actors(&config.actor).await?
    } else {
        config.keys.iter().map(|key| key.as_str().into()).collect()
    };
    keys.retain(|key| !known.contains(key));
    let mut found = Vec::new();
    for key in keys {
        let position = begin(shared, &key).await?;
        found.push((key, position));
    }
    if !shared.has_begun() {
        // From here on a key that is found was not there before: it is told from its first event on.
        shared.begun();
        notes::write_state(shared).await;
    }
    Ok(found)
}

/// After which position a key begins.
async fn begin(shared: &Shared, key: &str) -> Result<u64, CallError> {
    let (transport, config) = (shared.client.transport(), &shared.endpoint.config);
    let cursor = cursor(shared, key);
    let kept = transport.cursor(&cursor).await?;
    if kept.is_some() || shared.has_begun() || config.begin == Begin::Oldest {
        return Ok(kept.unwrap_or(0));
    }
    let page = transport.events(&config.stream, key, u64::MAX, 1).await?;
    let is_moved = transport
        .move_cursor(&cursor, page.newest, &shared.claim)
        .await?;
    if !is_moved {
        let detail = "this edge has no lease".to_owned();
        return Err(CallError::Unreachable { detail });
    }
    Ok(page.newest)
}
