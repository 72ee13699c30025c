//! Hears from another silo when a stream that it guards has new events, for all who watch it here.

use std::sync::Arc;

use pizza_cluster::{Request, Response};
use pizza_store::StreamKey;

use crate::core::Core;

/// How long a single question waits for an event, in milliseconds. A guardian that was not told of an
/// event makes watchers this late.
const WAIT_MS: u64 = 1_000;
/// How long a guardian that does not answer is left alone, in milliseconds.
const TRY_AGAIN_MS: u64 = 50;

/// Follows the stream until nobody here watches it any more, or this silo guards it.
pub(crate) async fn run(core: Arc<Core>, of: StreamKey) {
    let mut seen = None;
    while core.streams.is_followed(&of) && !core.is_stopping() {
        if core.membership.guards(of.shard()) {
            core.streams.end_following(&of);
            core.streams.wake(&of);
            return;
        }
        match core.store.stream_head(&of.stream, &of.key).await {
            Ok(head) => {
                // Whoever began to watch before this look may wait for what it has found.
                if seen.replace(head) != Some(head) {
                    core.streams.wake(&of);
                }
                ask(&core, &of, head).await;
            }
            Err(error) => {
                tracing::error!(%error, stream = %of.stream, key = %of.key, "a stream cannot be watched");
                core.pause(WAIT_MS).await;
            }
        }
    }
}

/// Returns when there may be an event above `after`, or when it is to be asked again.
async fn ask(core: &Core, of: &StreamKey, after: u64) {
    let known = core.membership.known();
    if let Some(home) = known.homes.home(of.shard()) {
        let request = Request::EventAfter {
            of: of.clone(),
            after,
            wait_ms: WAIT_MS,
        };
        let answer = tokio::select! {
            biased;
            answer = core.network.ask(home, request) => answer.ok(),
            // A guardian that is gone may never answer.
            () = core.pause(2 * WAIT_MS) => None,
        };
        if let Some(Response::Done) = answer {
            return;
        }
    }
    core.pause(TRY_AGAIN_MS).await;
}
