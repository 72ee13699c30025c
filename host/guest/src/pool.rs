//! Warm instances of one module, bounded.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::GuestError;
use crate::instance::Instance;
use crate::limits::Limits;
use crate::permits::{IdleHolder, InstancePermits, Permit};
use crate::settings::Reuse;

/// Depths of a chain of calls that have permits of their own: an actor that waits for an
/// answer never holds the permit which the one who answers needs, so chains cannot block
/// each other. A chain has 16 links at most by default (`Policy::chain_depth_max`), which
/// makes 17 depths; one more serves whatever an operator allows beyond that.
const DEPTHS: usize = 18;

/// The idle instances of one module, and the permits to work on one.
pub(crate) struct Pool {
    idle: Mutex<Vec<Instance>>,
    by_depth: Vec<Semaphore>,
    permits: Arc<InstancePermits>,
    idle_max: usize,
    wait: Duration,
    reuse: Reuse,
    memory_bytes_high: usize,
}

impl Pool {
    pub(crate) fn new(limits: &Limits, reuse: Reuse, permits: &Arc<InstancePermits>) -> Arc<Self> {
        let instances = limits.instances.max(1) as usize;
        let pool = Arc::new(Self {
            idle: Mutex::default(),
            by_depth: (0..DEPTHS).map(|_| Semaphore::new(instances)).collect(),
            permits: Arc::clone(permits),
            idle_max: instances,
            wait: Duration::from_millis(limits.wait_ms),
            reuse,
            // An instance that has once grown large would keep that memory while it idles.
            memory_bytes_high: limits.memory_bytes / 2,
        });
        let holder: Weak<dyn IdleHolder> = Arc::downgrade(&pool) as _;
        permits.enlist(holder);
        pool
    }

    /// Waits for a permit to work at this depth; a full pool is no error by itself.
    ///
    /// # Errors
    /// When none was free before the deadline or the pool's own wait was over.
    pub(crate) async fn permit(
        &self,
        depth: usize,
        deadline: Instant,
    ) -> Result<SemaphorePermit<'_>, GuestError> {
        let permits = &self.by_depth[depth.min(DEPTHS - 1)];
        // The usual case, without a timer.
        if let Ok(permit) = permits.try_acquire() {
            return Ok(permit);
        }
        let started = Instant::now();
        match tokio::time::timeout(self.wait_until(deadline), permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            // Nobody closes the semaphore: it was the time that ran out.
            _ => Err(GuestError::no_instance(started)),
        }
    }

    pub(crate) fn take(&self) -> Option<Instance> {
        // The one that was used last: its pages are the likeliest to be in the processor's
        // caches.
        self.idle.lock().pop()
    }

    /// Waits for the right to start one more instance.
    ///
    /// # Errors
    /// When all modules together leave no room for it in time.
    pub(crate) async fn instance_permit(&self, deadline: Instant) -> Result<Permit, GuestError> {
        self.permits.take(self.wait_until(deadline)).await
    }

    /// Keeps the instance for another turn, if it may be kept.
    pub(crate) fn give_back(&self, instance: Instance) {
        let Reuse::Warm { turns_max } = self.reuse else {
            return;
        };
        let worn = instance.turns >= turns_max
            || instance.store.data().growth.memory_bytes > self.memory_bytes_high;
        // An instance that is not kept is dropped after the lock: arguments outlive locals.
        let mut idle = self.idle.lock();
        // Asked under the lock: a waiter announces itself before it looks for idle instances.
        if !worn && idle.len() < self.idle_max && !self.permits.are_wanted() {
            idle.push(instance);
        }
    }

    fn wait_until(&self, deadline: Instant) -> Duration {
        let left = deadline.saturating_duration_since(Instant::now());
        self.wait.min(left)
    }
}

impl IdleHolder for Pool {
    fn drop_one(&self) -> bool {
        self.take().is_some()
    }
}
