//! Durable one-way messages on their way: in order from one actor to another, side by
//! side otherwise. Rows leave the store in batches once their receivers have committed.

pub(crate) mod worker;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use pizza_store::{OutboxKey, OutboxRow, Store, StoreError};
use pizza_types::ActorId;
use tokio::sync::Notify;

use crate::alarms::Alarms;
use crate::durable_clock::DurableClock;

/// So many delivered rows do not wait for more before they leave the store together.
const DONE_MAX: usize = 512;
/// A way from one actor to another: messages on it keep their order.
pub(crate) type Lane = (ActorId, ActorId);

/// A lane that nobody serves yet, with the row that it begins with.
pub(crate) struct LaneStart {
    pub(crate) lane: Lane,
    pub(crate) first: OutboxRow,
}

/// The durable messages that are on their way.
#[derive(Default)]
pub(crate) struct Outbox {
    lanes: Mutex<HashMap<Lane, VecDeque<OutboxRow>>>,
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
    /// Returns the lanes that have to be started.
    #[must_use = "a lane that nobody starts delivers nothing"]
    pub(crate) fn enqueue(
        &self,
        durable: DurableClock,
        rows: Vec<OutboxRow>,
        now_ms: u64,
    ) -> Vec<LaneStart> {
        let mut starts = Vec::new();
        for row in rows {
            self.pending.fetch_add(1, Ordering::Relaxed);
            let due_ms = durable.now_of(row.not_before_ms);
            if due_ms > now_ms {
                self.later.set(due_ms, row);
            } else {
                starts.extend(self.join_lane(row));
            }
        }
        starts
    }

    fn join_lane(&self, row: OutboxRow) -> Option<LaneStart> {
        let lane = (row.key.actor.clone(), row.envelope.target.clone());
        let mut lanes = self.lanes.lock();
        if let Some(waiting) = lanes.get_mut(&lane) {
            waiting.push_back(row);
            return None;
        }
        // An empty queue says that the lane runs; its first row is with the worker already.
        lanes.insert(lane.clone(), VecDeque::new());
        Some(LaneStart { lane, first: row })
    }

    /// The next row of a running lane; with `None` the lane has ended.
    fn next_in_lane(&self, lane: &Lane) -> Option<OutboxRow> {
        let mut lanes = self.lanes.lock();
        let next = lanes.get_mut(lane)?.pop_front();
        // Under the same lock: a row that comes now starts the lane anew.
        if next.is_none() {
            lanes.remove(lane);
        }
        next
    }

    fn delivered(&self, key: OutboxKey) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
        let mut done = self.done.lock();
        done.push(key);
        // The first one wakes the writer, which then waits a little; a full batch wakes it early.
        if done.len() == 1 || done.len() == DONE_MAX {
            self.some_done.notify_one();
        }
    }

    /// Takes delivered rows out of the store.
    ///
    /// # Errors
    /// When the store cannot be written; the rows then stay there until the next start.
    pub(crate) async fn flush(&self, store: &dyn Store) -> Result<(), StoreError> {
        let keys = std::mem::take(&mut *self.done.lock());
        if keys.is_empty() {
            return Ok(());
        }
        store.outbox_done(keys).await
    }
}
