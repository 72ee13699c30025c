//! Delivers what is in the outbox, lane by lane, and tidies up behind it.

use std::sync::Arc;

use pizza_store::{OutboxRow, StoreError};
use pizza_types::{SHARDS, ShardId};

use super::Lane;
use crate::core::Core;
use crate::supervise::{self, DeliveryResult};

/// Rows read at a time when a silo takes up what another life of it left.
const PAGE: usize = 1_000;
/// How long a delivered row may wait for others, with which it leaves the store in one
/// write. Nobody waits for it, and a row that stays too long is only delivered again.
const DONE_WAIT_MS: u64 = 20;

/// Serves a lane until it is empty.
pub(crate) async fn run_lane(core: Arc<Core>, lane: Lane, first: OutboxRow) {
    let mut next = Some(first);
    while let Some(row) = next {
        // One after the other: the order on a lane holds because nothing passes a row that is
        // tried again.
        match supervise::deliver(&core, &row.envelope).await {
            DeliveryResult::Settled | DeliveryResult::DeadLetter => {
                core.outbox.delivered(row.key);
            }
            // The row stays in the store, and those behind it too, in order.
            DeliveryResult::Stopped => return,
        }
        next = core.outbox.next_in_lane(&lane);
    }
}

/// Takes up what was not delivered before the silo stopped last time; returns how many
/// messages that is.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn redrive(core: &Arc<Core>) -> Result<usize, StoreError> {
    let mut count = 0;
    for shard in (0..SHARDS).map(ShardId) {
        let mut after = None;
        loop {
            let rows = core.store.outbox(shard, after.as_ref(), PAGE).await?;
            let complete = rows.len() < PAGE;
            // By key, not by count: rows that are delivered meanwhile leave the store.
            after = rows.last().map(|row| row.key.clone());
            count += rows.len();
            let now_ms = core.clock.now_ms();
            core.start_lanes(core.outbox.enqueue(core.durable, rows, now_ms));
            if complete {
                break;
            }
        }
    }
    Ok(count)
}

/// Starts delayed messages when their time has come, until the silo stops.
pub(crate) async fn run_later(core: Arc<Core>) {
    loop {
        let row = core.outbox.later.next(&*core.clock).await;
        core.start_lanes(core.outbox.join_lane(row));
    }
}

/// Takes delivered rows out of the store, until the silo stops.
pub(crate) async fn run_done(core: Arc<Core>) {
    loop {
        core.outbox.some_done.notified().await;
        tokio::select! {
            () = core.pause(DONE_WAIT_MS) => {}
            () = core.outbox.some_done.notified() => {}
        }
        if let Err(error) = core.outbox.flush(&*core.store).await {
            // Harmless: their receivers know the messages if they come again.
            tracing::warn!(%error, "delivered messages could not be taken out of the outbox");
        }
    }
}
