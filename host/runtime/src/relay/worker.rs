//! Relays the events of one shard.

use std::sync::Arc;

use pizza_store::StoreError;
use pizza_types::ShardId;

use super::announce;
use crate::cells::park;
use crate::core::Core;

/// The number of entries that are read at a time.
const PAGE: usize = 256;
/// How long a store that could not be read or written is left alone, in milliseconds.
const TRY_AGAIN_MS: u64 = 100;

/// Relays events of the shard until there are none left.
pub(crate) async fn run(core: Arc<Core>, shard: ShardId) {
    while let Some(after) = core.relay.next(shard) {
        if let Err(error) = relay(&core, shard, after).await {
            tracing::error!(%error, ?shard, "events cannot be brought to their streams yet");
            core.pause(TRY_AGAIN_MS).await;
            if core.is_stopping() {
                return;
            }
            core.relay.look_again(shard);
        }
    }
}

async fn relay(core: &Arc<Core>, shard: ShardId, after: u64) -> Result<(), StoreError> {
    let entries = core.store.log(shard, after, PAGE).await?;
    let Some(last) = entries.last() else {
        return Ok(());
    };
    let number = last.key.number;
    let divided = park::divide(core, entries);
    core.store.relay(&divided.here).await?;
    // Told before the entries leave the log: whoever takes the shard over tells it again.
    announce::events_of(core, &divided.here).await;
    divided.send(core).await?;
    for entry in core.relay.relayed(shard, number) {
        core.outbox.arrived(&entry);
    }
    Ok(())
}
