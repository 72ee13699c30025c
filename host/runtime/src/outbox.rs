//! Durable one-way messages on their way: in order from one actor to another, side by
//! side otherwise. Rows leave the store in batches once their receivers have committed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use pizza_store::{OutboxKey, OutboxRow, StoreError};
use pizza_types::{ActorId, SHARDS, ShardId};
use tokio::sync::Notify;

use crate::alarm::Alarms;
use crate::silo::Core;
use crate::supervise::{self, Verdict};

/// Rows read at a time when a silo takes up what another life of it left.
const PAGE: usize = 1_000;
/// Delivered rows that leave the store together.
const DONE_MAX: usize = 512;
/// How long a delivered row may wait for others to leave with.
const DONE_WAIT_MS: u64 = 20;

#[derive(Default)]
pub(crate) struct Outbox {
    lanes: Mutex<HashMap<(ActorId, ActorId), VecDeque<OutboxRow>>>,
    later: Alarms<OutboxRow>,
    done: Mutex<Vec<OutboxKey>>,
    some_done: Notify,
    pending: AtomicUsize,
}

impl Outbox {
    pub(crate) fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// The rows are durable; each goes to the end of its lane when its time has come.
    pub(crate) fn enqueue(&self, core: &Arc<Core>, rows: Vec<OutboxRow>, now_ms: u64) {
        for row in rows {
            self.pending.fetch_add(1, Ordering::Relaxed);
            let due_ms = core.durable.now_of(row.not_before_ms);
            if due_ms > now_ms {
                self.later.set(due_ms, row);
            } else {
                self.join_lane(core, row);
            }
        }
    }

    fn join_lane(&self, core: &Arc<Core>, row: OutboxRow) {
        let lane = (row.key.actor.clone(), row.envelope.target.clone());
        let mut lanes = self.lanes.lock();
        if let Some(waiting) = lanes.get_mut(&lane) {
            waiting.push_back(row);
            return;
        }
        lanes.insert(lane.clone(), VecDeque::new());
        drop(lanes);
        tokio::spawn(run_lane(Arc::clone(core), lane, row));
    }

    fn next_in_lane(&self, lane: &(ActorId, ActorId)) -> Option<OutboxRow> {
        let mut lanes = self.lanes.lock();
        let next = lanes.get_mut(lane)?.pop_front();
        if next.is_none() {
            lanes.remove(lane);
        }
        next
    }

    fn delivered(&self, key: OutboxKey) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
        let mut done = self.done.lock();
        done.push(key);
        if done.len() == 1 || done.len() == DONE_MAX {
            self.some_done.notify_one();
        }
    }

    /// Takes delivered rows out of the store.
    pub(crate) async fn flush(&self, core: &Core) -> Result<(), StoreError> {
        let keys = std::mem::take(&mut *self.done.lock());
        if keys.is_empty() {
            return Ok(());
        }
        core.store.outbox_done(keys).await
    }
}

async fn run_lane(core: Arc<Core>, lane: (ActorId, ActorId), first: OutboxRow) {
    let mut next = Some(first);
    while let Some(row) = next {
        match supervise::deliver(&core, &row.envelope).await {
            Verdict::Settled | Verdict::Dead => core.outbox.delivered(row.key),
            // The row stays in the store, and those behind it too, in order.
            Verdict::Stopped => return,
        }
        next = core.outbox.next_in_lane(&lane);
    }
}

/// Takes up what was not delivered before the silo stopped last time.
pub(crate) async fn redrive(core: &Arc<Core>) -> Result<usize, StoreError> {
    let mut count = 0;
    for shard in (0..SHARDS).map(ShardId) {
        let mut after = None;
        loop {
            let rows = core.store.outbox(shard, after.as_ref(), PAGE).await?;
            let complete = rows.len() < PAGE;
            after = rows.last().map(|row| row.key.clone());
            count += rows.len();
            core.outbox.enqueue(core, rows, core.clock.now_ms());
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
        core.outbox.join_lane(&core, row);
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
        if let Err(error) = core.outbox.flush(&core).await {
            // Harmless: their receivers know the messages if they come again.
            tracing::warn!(%error, "delivered messages could not be taken out of the outbox");
        }
    }
}
