//! How far the logs of the guarded shards are read, where other silos write to them too. Entries of a
//! shard are numbered without gaps, so that whoever hands one over shows whether all before it are
//! known; if not, they are read.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use pizza_store::LogEntry;
use pizza_types::ShardId;

#[derive(Default)]
pub(crate) struct Guarded {
    shards: Mutex<HashMap<ShardId, Progress>>,
    looked_ms: AtomicU64,
}

#[derive(Default)]
struct Progress {
    /// The number that the next entry has; 0 while none was seen.
    next: u64,
    /// Whether somebody reads, and whether it has to read once more before it ends.
    reading: bool,
    again: bool,
}

/// What is to be done about an entry that is handed over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HandedOver {
    /// It is the next one: it leaves now.
    Next,
    /// It was sent before, or whoever reads comes to it.
    Known,
    /// There may be others before it: somebody has to read.
    Read,
}

impl Guarded {
    /// All guarded shards were looked at; the look began then.
    pub(crate) fn looked(&self, begun_ms: u64) {
        self.looked_ms.store(begun_ms, Ordering::Relaxed);
    }

    /// When all guarded shards were last looked at.
    pub(crate) fn looked_ms(&self) -> u64 {
        self.looked_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn hand_over(&self, shard: ShardId, number: u64) -> HandedOver {
        let mut shards = self.shards.lock();
        let progress = shards.entry(shard).or_default();
        if progress.next > 0 && number < progress.next {
            return HandedOver::Known;
        }
        if number == progress.next && !progress.reading {
            progress.next += 1;
            return HandedOver::Next;
        }
        progress.look()
    }

    /// There may be entries in the store that nobody hands over. True if somebody has to read.
    pub(crate) fn look(&self, shard: ShardId) -> bool {
        self.shards.lock().entry(shard).or_default().look() == HandedOver::Read
    }

    /// Where to go on reading: behind this number; `None` ends it.
    pub(crate) fn next_read(&self, shard: ShardId) -> Option<u64> {
        let mut shards = self.shards.lock();
        let progress = shards.get_mut(&shard)?;
        // Taken before the store is read: what comes meanwhile sets it again.
        if std::mem::take(&mut progress.again) {
            return Some(progress.next.saturating_sub(1));
        }
        progress.reading = false;
        None
    }

    /// These were read; returns those that are new.
    pub(crate) fn read(&self, shard: ShardId, entries: Vec<LogEntry>) -> Vec<LogEntry> {
        let mut shards = self.shards.lock();
        let Some(progress) = shards.get_mut(&shard) else {
            return Vec::new();
        };
        let next = progress.next;
        if let Some(last) = entries.last() {
            progress.next = next.max(last.key.number + 1);
        }
        let fresh = entries.into_iter().filter(|entry| entry.key.number >= next);
        fresh.collect()
    }

    /// Somebody else guards the shard from now on.
    pub(crate) fn forget(&self, shard: ShardId) {
        self.shards.lock().remove(&shard);
    }
}

impl Progress {
    fn look(&mut self) -> HandedOver {
        self.again = true;
        if std::mem::replace(&mut self.reading, true) {
            return HandedOver::Known;
        }
        HandedOver::Read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARD: ShardId = ShardId(7);

    #[test]
    fn entries_are_sent_once_and_in_order() {
        let guarded = Guarded::default();
        assert_eq!(
            guarded.hand_over(SHARD, 5),
            HandedOver::Read,
            "what was before?"
        );
        assert_eq!(guarded.next_read(SHARD), Some(0));
        assert_eq!(
            guarded.hand_over(SHARD, 6),
            HandedOver::Known,
            "the reader sees it"
        );
        guarded.shards.lock().get_mut(&SHARD).expect("known").next = 7;
        assert_eq!(guarded.next_read(SHARD), Some(6));
        assert_eq!(guarded.next_read(SHARD), None);
        assert_eq!(guarded.hand_over(SHARD, 6), HandedOver::Known);
        assert_eq!(guarded.hand_over(SHARD, 7), HandedOver::Next);
        assert_eq!(guarded.hand_over(SHARD, 7), HandedOver::Known);
        assert_eq!(
            guarded.hand_over(SHARD, 9),
            HandedOver::Read,
            "8 is missing"
        );
        assert!(!guarded.look(SHARD), "it is being read");
    }
}
