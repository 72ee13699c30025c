//! Things to do at a time: one heap, one sleeper.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use parking_lot::Mutex;
use pizza_clock::Clock;
use tokio::sync::Notify;

/// What is to be done, each at its time on the clock that never goes back.
pub(crate) struct Alarms<T> {
    heap: Mutex<Heap<T>>,
    changed: Notify,
}

struct Heap<T> {
    entries: BinaryHeap<Reverse<Entry<T>>>,
    /// The number of alarms set so far: those of one time ring in the order in which they were
    /// set.
    set_so_far: u64,
}

struct Entry<T> {
    due_ms: u64,
    order: u64,
    item: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.due_ms, self.order) == (other.due_ms, other.order)
    }
}
impl<T> Eq for Entry<T> {}
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due_ms, self.order).cmp(&(other.due_ms, other.order))
    }
}

impl<T> Default for Alarms<T> {
    fn default() -> Self {
        let heap = Heap {
            entries: BinaryHeap::new(),
            set_so_far: 0,
        };
        Self {
            heap: Mutex::new(heap),
            changed: Notify::new(),
        }
    }
}

impl<T> Alarms<T> {
    pub(crate) fn set(&self, due_ms: u64, item: T) {
        let mut heap = self.heap.lock();
        heap.set_so_far += 1;
        let order = heap.set_so_far;
        // Only then does the sleeper sleep too long.
        let soonest = heap
            .entries
            .peek()
            .is_none_or(|Reverse(first)| due_ms < first.due_ms);
        heap.entries.push(Reverse(Entry {
            due_ms,
            order,
            item,
        }));
        drop(heap);
        // After the lock is dropped: the sleeper wants it as soon as it wakes.
        if soonest {
            self.changed.notify_one();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.lock().entries.len()
    }

    /// The next item, not before its time.
    pub(crate) async fn next(&self, clock: &dyn Clock) -> T {
        loop {
            // In a block of its own: the lock must not be held while we sleep.
            let due_ms = {
                let mut heap = self.heap.lock();
                match heap.entries.peek().map(|Reverse(first)| first.due_ms) {
                    Some(due_ms) if due_ms <= clock.now_ms() => {
                        if let Some(Reverse(entry)) = heap.entries.pop() {
                            return entry.item;
                        }
                        None
                    }
                    due_ms => due_ms,
                }
            };
            match due_ms {
                None => self.changed.notified().await,
                Some(due_ms) => tokio::select! {
                    biased;
                    () = clock.sleep_until(due_ms) => {}
                    () = self.changed.notified() => {}
                },
            }
        }
    }
}
