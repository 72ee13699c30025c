//! The events of the log, on their way to their streams. One worker for each shard that has any
//! reads the log in its order, from the store, so that events of one shard never pass each other.
//! In a store that appends events by itself there is nothing to do here.

pub(crate) mod announce;
pub(crate) mod worker;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_types::ShardId;

use crate::outbox::Entry;

/// What is known of the shards whose events are relayed.
#[derive(Default)]
pub(crate) struct Relay(Mutex<HashMap<ShardId, Progress>>);

#[derive(Default)]
struct Progress {
    /// The number of the last entry whose events are in their streams.
    done: u64,
    /// Whether a worker runs, and whether it must look once more before it ends.
    running: bool,
    again: bool,
    /// The entries with events that a worker has not come to yet.
    waiting: BTreeMap<u64, Arc<Entry>>,
}

/// What becomes of an entry that was handed over.
pub(crate) enum HandedOver {
    /// A worker is there, or was before.
    Known {
        /// Whether its events are in their streams already.
        arrived: bool,
    },
    /// A worker has to be started.
    Start,
}

impl Relay {
    /// The log of the shard has an entry with events; it is durable.
    pub(crate) fn hand_over(&self, shard: ShardId, number: u64, entry: Arc<Entry>) -> HandedOver {
        let mut shards = self.0.lock();
        let progress = shards.entry(shard).or_default();
        // Read from the store before its own turn came to tell of it.
        if number <= progress.done {
            return HandedOver::Known { arrived: true };
        }
        progress.waiting.insert(number, entry);
        progress.again = true;
        if std::mem::replace(&mut progress.running, true) {
            return HandedOver::Known { arrived: false };
        }
        HandedOver::Start
    }

    /// Where the worker of a shard goes on reading; `None` ends it.
    fn next(&self, shard: ShardId) -> Option<u64> {
        let mut shards = self.0.lock();
        let progress = shards.get_mut(&shard)?;
        // Taken before the store is read: what comes meanwhile sets it again.
        if std::mem::take(&mut progress.again) {
            return Some(progress.done);
        }
        progress.running = false;
        None
    }

    /// The events up to an entry are in their streams. Returns the entries that wait for it.
    fn relayed(&self, shard: ShardId, number: u64) -> Vec<Arc<Entry>> {
        let mut shards = self.0.lock();
        let Some(progress) = shards.get_mut(&shard) else {
            return Vec::new();
        };
        progress.done = number;
        progress.again = true;
        let behind = progress.waiting.split_off(&number.saturating_add(1));
        let relayed = std::mem::replace(&mut progress.waiting, behind);
        relayed.into_values().collect()
    }

    /// What could not be read or written is looked at again.
    fn look_again(&self, shard: ShardId) {
        if let Some(progress) = self.0.lock().get_mut(&shard) {
            progress.again = true;
        }
    }
}
