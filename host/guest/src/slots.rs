//! Places for instances of all modules together: the engine has no more than so many.
//! An idle instance holds a place too, and gives it up when another module has none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::GuestError;
use crate::pool::Pool;

pub(crate) struct Slots {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    pools: Mutex<Vec<Weak<Pool>>>,
}

/// Held by an instance for as long as it lives.
pub(crate) type Slot = OwnedSemaphorePermit;

impl Slots {
    pub(crate) fn new(instances_max: u32) -> Self {
        Self {
            free: Arc::new(Semaphore::new(instances_max as usize)),
            waiting: AtomicUsize::new(0),
            pools: Mutex::default(),
        }
    }

    /// From now on the pool's idle instances make way for others.
    pub(crate) fn enlist(&self, pool: &Arc<Pool>) {
        let mut pools = self.pools.lock();
        pools.retain(|pool| pool.strong_count() > 0);
        pools.push(Arc::downgrade(pool));
    }

    pub(crate) async fn take(&self, wait: Duration) -> Result<Slot, GuestError> {
        if let Ok(slot) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(slot);
        }
        let _waiting = Waiting::announce(&self.waiting);
        self.shed();
        let started = Instant::now();
        match tokio::time::timeout(wait, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(GuestError::no_instance(started)),
        }
    }

    /// Whether an instance had better be dropped than kept idle.
    pub(crate) fn are_wanted(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Drops one idle instance, of whichever module has one.
    fn shed(&self) {
        let pools: Vec<Arc<Pool>> = self.pools.lock().iter().filter_map(Weak::upgrade).collect();
        let _dropped = pools.iter().find_map(|pool| pool.take());
    }
}

/// Counted until it is dropped, also when its waiter gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn announce(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
