//! Warm instances of one module, bounded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::GuestError;
use crate::instance::Instance;
use crate::settings::{Limits, Reuse};
use crate::slots::{Slot, Slots};

/// One lane for each depth of a chain of calls; the last serves all that are deeper.
const LANES: usize = 18;

pub(crate) struct Pool {
    idle: Mutex<Vec<Instance>>,
    lanes: Vec<Semaphore>,
    slots: Arc<Slots>,
    idle_max: usize,
    wait: Duration,
    reuse: Reuse,
    memory_bytes_high: usize,
}

impl Pool {
    pub(crate) fn new(limits: &Limits, reuse: Reuse, slots: &Arc<Slots>) -> Arc<Self> {
        let instances = limits.instances.max(1) as usize;
        let pool = Arc::new(Self {
            idle: Mutex::default(),
            lanes: (0..LANES).map(|_| Semaphore::new(instances)).collect(),
            slots: Arc::clone(slots),
            idle_max: instances,
            wait: Duration::from_millis(limits.wait_ms),
            reuse,
            memory_bytes_high: limits.memory_bytes / 2,
        });
        slots.enlist(&pool);
        pool
    }

    /// Waits for a place at work; a full pool is no error by itself.
    pub(crate) async fn place(
        &self,
        depth: usize,
        deadline: Instant,
    ) -> Result<SemaphorePermit<'_>, GuestError> {
        let lane = &self.lanes[depth.min(LANES - 1)];
        if let Ok(place) = lane.try_acquire() {
            return Ok(place);
        }
        let started = Instant::now();
        match tokio::time::timeout(self.wait_until(deadline), lane.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(GuestError::no_instance(started)),
        }
    }

    pub(crate) fn take(&self) -> Option<Instance> {
        self.idle.lock().pop()
    }

    /// Waits for the right to start an instance more.
    pub(crate) async fn slot(&self, deadline: Instant) -> Result<Slot, GuestError> {
        self.slots.take(self.wait_until(deadline)).await
    }

    /// Keeps the instance for another turn, if it may be kept.
    pub(crate) fn give_back(&self, instance: Instance) {
        let Reuse::Warm { turns_max } = self.reuse else {
            return;
        };
        let worn = instance.turns >= turns_max
            || instance.store.data().growth.memory_bytes > self.memory_bytes_high;
        let mut idle = self.idle.lock();
        // Asked under the lock: whoever waits announced it before looking in here.
        if !worn && idle.len() < self.idle_max && !self.slots.are_wanted() {
            idle.push(instance);
        }
    }

    fn wait_until(&self, deadline: Instant) -> Duration {
        let left = deadline.saturating_duration_since(Instant::now());
        self.wait.min(left)
    }
}
