//! Waiting for events from outside, also where another silo guards the stream.

use std::sync::Arc;

use pizza_store::{StoreError, StreamKey};

use crate::core::Core;

/// Returns once there is an event above `after`, or a little early.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn event_after(
    core: &Arc<Core>,
    of: StreamKey,
    after: u64,
) -> Result<(), StoreError> {
    let watcher = core.streams.watcher(&of);
    let notified = watcher.notified();
    tokio::pin!(notified);
    // Listen first, then look: an event between the two is not missed.
    notified.as_mut().enable();
    if !core.membership.guards(of.shard()) && core.streams.begins_to_follow(&of) {
        core.start_following(of.clone());
    }
    if core.store.stream_head(&of.stream, &of.key).await? <= after {
        notified.await;
    }
    Ok(())
}
