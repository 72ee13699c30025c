//! Permits for instances of all modules together: the engine has room for so many. An idle
//! instance holds a permit too, and gives it up when another module gets none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::GuestError;

/// The permits of one host, who waits for one, and who holds idle ones.
pub(crate) struct InstancePermits {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    holders: Mutex<Vec<Weak<dyn IdleHolder>>>,
}

/// Keeps instances that nobody uses at the moment. The pools do; this module need not know
/// what else they are.
pub(crate) trait IdleHolder: Send + Sync {
    /// Drops an idle instance, and its permit with it; false when there is none.
    fn drop_one(&self) -> bool;
}

/// Held by an instance for as long as it lives.
pub(crate) type Permit = OwnedSemaphorePermit;

impl InstancePermits {
    pub(crate) fn new(instances_max: u32) -> Self {
        Self {
            free: Arc::new(Semaphore::new(instances_max as usize)),
            waiting: AtomicUsize::new(0),
            holders: Mutex::default(),
        }
    }

    /// Enlists a holder, whose idle instances make way for others from now on.
    pub(crate) fn enlist(&self, holder: Weak<dyn IdleHolder>) {
        let mut holders = self.holders.lock();
        // Modules come and go with every reload; their pools must not pile up here.
        holders.retain(|holder| holder.strong_count() > 0);
        holders.push(holder);
    }

    pub(crate) async fn take(&self, wait: Duration) -> Result<Permit, GuestError> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(permit);
        }
        // Announced before idle instances are looked for: one that is given back after the look
        // sees the announcement, and is dropped instead of kept.
        let _waiting = Waiting::announce(&self.waiting);
        self.shed();
        let started = Instant::now();
        match tokio::time::timeout(wait, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(GuestError::no_instance(started)),
        }
    }

    /// Whether an instance had better be dropped than kept idle.
    pub(crate) fn are_wanted(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Drops one idle instance, of whichever module has one.
    fn shed(&self) {
        // Copied out: dropping an instance takes a while, and must not hold the lock.
        let holders: Vec<Arc<dyn IdleHolder>> = self
            .holders
            .lock()
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        // Where nobody has an idle one, the wait is for an instance that is at work.
        let _ = holders.iter().any(|holder| holder.drop_one());
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
