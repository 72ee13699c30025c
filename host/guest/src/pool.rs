//! Warm instances of one module, bounded.

use std::time::{Duration, Instant as Moment};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::GuestError;
use crate::instance::Instance;
use crate::settings::{Limits, Reuse};

/// One lane for each depth of a chain of calls; the last serves all that are deeper.
const LANES: usize = 18;

pub(crate) struct Pool {
    idle: Mutex<Vec<Instance>>,
    lanes: Vec<Semaphore>,
    idle_max: usize,
    wait: Duration,
    reuse: Reuse,
    memory_bytes_high: usize,
}

impl Pool {
    pub(crate) fn new(limits: &Limits, reuse: Reuse) -> Self {
        let lane = || Semaphore::new(limits.instances.max(1) as usize);
        Self {
            idle: Mutex::default(),
            lanes: (0..LANES).map(|_| lane()).collect(),
            idle_max: limits.instances.max(1) as usize,
            wait: Duration::from_millis(limits.wait_ms),
            reuse,
            memory_bytes_high: limits.memory_bytes / 2,
        }
    }

    /// Waits for a place at work; a full pool is no error by itself.
    pub(crate) async fn place(
        &self,
        depth: usize,
        deadline: Duration,
    ) -> Result<SemaphorePermit<'_>, GuestError> {
        let lane = &self.lanes[depth.min(LANES - 1)];
        if let Ok(place) = lane.try_acquire() {
            return Ok(place);
        }
        let started = Moment::now();
        let wait = self.wait.min(deadline);
        match tokio::time::timeout(wait, lane.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(GuestError::NoInstance {
                waited_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            }),
        }
    }

    pub(crate) fn take(&self) -> Option<Instance> {
        self.idle.lock().pop()
    }

    /// Keeps the instance for another turn, if it may be kept.
    pub(crate) fn give_back(&self, instance: Instance) {
        let Reuse::Warm { turns_max } = self.reuse else {
            return;
        };
        let worn = instance.turns >= turns_max
            || instance.store.data().memory_bytes > self.memory_bytes_high;
        let mut idle = self.idle.lock();
        if !worn && idle.len() < self.idle_max {
            idle.push(instance);
        }
    }
}
