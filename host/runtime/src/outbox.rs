//! Durable one-way messages on their way: in order from one actor to another, side by
//! side otherwise. What has arrived leaves the store in batches.

pub(crate) mod worker;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use pizza_store::{DelayedKey, DelayedRow, LogKey, Store, StoreError};
use pizza_types::{ActorId, Envelope, ShardId};
use tokio::sync::Notify;

use crate::alarms::Alarms;
use crate::durable_clock::DurableClock;
use crate::metrics;

/// So much that has arrived does not wait for more before it leaves the store together.
const DONE_MAX: usize = 512;
/// A way from one actor to another: messages on it keep their order.
pub(crate) type Lane = (ActorId, ActorId);

/// An entry of the log, until everything in it has arrived.
pub(crate) struct Entry {
    key: LogKey,
    /// When its turn began, on the clock that never goes back.
    since_ms: u64,
    /// How much of it is still on its way.
    left: AtomicUsize,
}

/// A message on its way, and the row that goes when it has arrived.
pub(crate) struct Message {
    pub(crate) envelope: Envelope,
    from: ActorId,
    row: Row,
}

enum Row {
    Entry(Arc<Entry>),
    Delayed(DelayedKey),
}

impl Message {
    pub(crate) fn of(entry: &Arc<Entry>, from: &ActorId, envelope: Envelope) -> Self {
        Self {
            envelope,
            from: from.clone(),
            row: Row::Entry(Arc::clone(entry)),
        }
    }
}

/// A lane that nobody serves yet, with the message that it begins with.
pub(crate) struct LaneStart {
    pub(crate) lane: Lane,
    pub(crate) first: Message,
}

/// The durable messages that are on their way.
#[derive(Default)]
pub(crate) struct Outbox {
    lanes: Mutex<HashMap<Lane, VecDeque<Message>>>,
    /// When they are due, too: who leaves late says so.
    later: Alarms<(u64, Message)>,
    /// The entries of which something is on its way, those of the oldest turns first.
    leaving: Mutex<BTreeSet<(u64, LogKey)>>,
    /// The delayed messages that are known of, where their rows are read again and again.
    scheduled: Mutex<HashSet<DelayedKey>>,
    /// Messages of retired actors, which are not to leave when their time comes: alarms are not
    /// taken back.
    dropped: Mutex<HashSet<DelayedKey>>,
    done: Mutex<Done>,
    some_done: Notify,
    pending: AtomicUsize,
}

/// What has arrived and is still in the store.
#[derive(Default)]
struct Done {
    entries: Vec<LogKey>,
    delayed: Vec<DelayedKey>,
}

impl Outbox {
    pub(crate) fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// How many messages are on their way from an actor, by whom they are for. Those that leave later
    /// are not among them.
    pub(crate) fn pending_from(&self, from: &ActorId) -> Vec<(ActorId, usize)> {
        let lanes = self.lanes.lock();
        let of_actor = lanes.iter().filter(|((of, _), _)| of == from);
        // One more than wait: whoever runs the lane has the first.
        let counted = of_actor.map(|((_, to), waiting)| (to.clone(), waiting.len() + 1));
        let mut pending: Vec<_> = counted.collect();
        pending.sort();
        pending
    }

    /// An entry of `parts` messages and batches of events begins to leave.
    pub(crate) fn begin(&self, key: LogKey, since_ms: u64, parts: usize) -> Arc<Entry> {
        // Of one without any nothing ever arrives.
        if parts > 0 {
            self.leaving.lock().insert((since_ms, key));
        }
        Arc::new(Entry {
            key,
            since_ms,
            left: AtomicUsize::new(parts),
        })
    }

    /// The shard is another silo's: what becomes of its entries is not this one's to know.
    pub(crate) fn forget(&self, shard: ShardId) {
        self.leaving.lock().retain(|(_, key)| key.shard != shard);
    }

    /// When the oldest turn began of which something is still on its way, in one of these shards.
    pub(crate) fn oldest_ms(&self, is_of: impl Fn(ShardId) -> bool) -> Option<u64> {
        let leaving = self.leaving.lock();
        let mut oldest = leaving.iter().filter(|(_, key)| is_of(key.shard));
        oldest.next().map(|(since_ms, _)| *since_ms)
    }

    /// The message is durable; it goes to the end of its lane, which is returned if it has to be
    /// started.
    #[must_use = "a lane that nobody starts delivers nothing"]
    pub(crate) fn send(&self, message: Message) -> Option<LaneStart> {
        self.pending.fetch_add(1, Ordering::Relaxed);
        self.join_lane(message)
    }

    /// Like [`send`](Self::send), once its time has come.
    #[must_use = "a lane that nobody starts delivers nothing"]
    pub(crate) fn send_later(
        &self,
        durable: DurableClock,
        row: DelayedRow,
        now_ms: u64,
    ) -> Option<LaneStart> {
        self.pending.fetch_add(1, Ordering::Relaxed);
        let message = Message {
            envelope: row.envelope,
            from: row.key.actor.clone(),
            row: Row::Delayed(row.key),
        };
        let due_ms = durable.now_of(row.not_before_ms);
        if due_ms > now_ms {
            self.later.set(due_ms, (due_ms, message));
            return None;
        }
        metrics::fired("message", now_ms - due_ms);
        self.join_lane(message)
    }

    /// Whether a delayed message was not known of; it is from now on.
    pub(crate) fn is_new(&self, key: &DelayedKey) -> bool {
        self.scheduled.lock().insert(key.clone())
    }

    /// Their sender is retired, and they are no more.
    pub(crate) fn drop_delayed(&self, keys: Vec<DelayedKey>) {
        if !keys.is_empty() {
            self.dropped.lock().extend(keys);
        }
    }

    /// Whether a message whose time has come is to leave.
    fn may_leave(&self, message: &Message) -> bool {
        let Row::Delayed(key) = &message.row else {
            return true;
        };
        let is_dropped = self.dropped.lock().remove(key);
        if is_dropped {
            self.pending.fetch_sub(1, Ordering::Relaxed);
        }
        !is_dropped
    }

    fn join_lane(&self, message: Message) -> Option<LaneStart> {
        let lane = (message.from.clone(), message.envelope.target.clone());
        let mut lanes = self.lanes.lock();
        if let Some(waiting) = lanes.get_mut(&lane) {
            waiting.push_back(message);
            return None;
        }
        // An empty queue says that the lane runs; its first message is with the worker already.
        lanes.insert(lane.clone(), VecDeque::new());
        Some(LaneStart {
            lane,
            first: message,
        })
    }

    /// The next message of a running lane; with `None` the lane has ended.
    fn next_in_lane(&self, lane: &Lane) -> Option<Message> {
        let mut lanes = self.lanes.lock();
        let next = lanes.get_mut(lane)?.pop_front();
        // Under the same lock: a message that comes now starts the lane anew.
        if next.is_none() {
            lanes.remove(lane);
        }
        next
    }

    fn delivered(&self, row: Row) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
        match row {
            Row::Entry(entry) => self.arrived(&entry),
            Row::Delayed(key) => {
                self.scheduled.lock().remove(&key);
                self.note(|done| done.delayed.push(key));
            }
        }
    }

    /// A part of the entry has arrived; with the last one the entry may leave the store.
    pub(crate) fn arrived(&self, entry: &Entry) {
        if entry.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.leaving.lock().remove(&(entry.since_ms, entry.key));
            self.note(|done| done.entries.push(entry.key));
        }
    }

    fn note(&self, note: impl FnOnce(&mut Done)) {
        let mut done = self.done.lock();
        note(&mut done);
        let count = done.entries.len() + done.delayed.len();
        // The first one wakes the writer, which then waits a little; a full batch wakes it early.
        if count == 1 || count == DONE_MAX {
            self.some_done.notify_one();
        }
    }

    /// Takes out of the store what has arrived.
    ///
    /// # Errors
    /// When the store cannot be written; the rows are taken out by a later flush.
    pub(crate) async fn flush(&self, store: &dyn Store) -> Result<(), StoreError> {
        let Done { entries, delayed } = std::mem::take(&mut *self.done.lock());
        if !entries.is_empty()
            && let Err(error) = store.log_done(entries.clone()).await
        {
            self.restore(Done { entries, delayed });
            return Err(error);
        }
        if !delayed.is_empty()
            && let Err(error) = store.delayed_done(delayed.clone()).await
        {
            let entries = Vec::new();
            self.restore(Done { entries, delayed });
            return Err(error);
        }
        Ok(())
    }

    fn restore(&self, back: Done) {
        let mut done = self.done.lock();
        done.entries.extend(back.entries);
        done.delayed.extend(back.delayed);
    }
}
