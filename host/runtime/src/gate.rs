//! The output gate of one activation: what waits here leaves only when every commit
//! before it is durable, and never when one of them failed.

use std::sync::Arc;

use parking_lot::Mutex;
use pizza_types::CallError;
use tokio::sync::Notify;

struct Level {
    durable_version: u64,
    /// Set by the first commit that failed; nothing behind it will ever be durable.
    broken: Option<CallError>,
}

struct Inside {
    level: Mutex<Level>,
    /// Wakes those who wait in the order in which they came, so that a simulation can be repeated.
    changed: Notify,
}

/// Cheap to clone; all clones are one gate.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inside>);

impl Gate {
    pub(crate) fn new(durable_version: u64) -> Self {
        let level = Mutex::new(Level {
            durable_version,
            broken: None,
        });
        let changed = Notify::new();
        Self(Arc::new(Inside { level, changed }))
    }

    pub(crate) fn raise(&self, version: u64) {
        let mut level = self.0.level.lock();
        // Never down: outcomes without a commit come with the version before.
        level.durable_version = level.durable_version.max(version);
        drop(level);
        self.0.changed.notify_waiters();
    }

    /// Commits up to this version are durable.
    pub(crate) fn durable_version(&self) -> u64 {
        self.0.level.lock().durable_version
    }

    pub(crate) fn break_with(&self, error: &CallError) {
        let mut level = self.0.level.lock();
        // The first failure is the cause; what fails behind it fails because of it.
        level.broken.get_or_insert_with(|| error.clone());
        drop(level);
        self.0.changed.notify_waiters();
    }

    pub(crate) fn broken(&self) -> Option<CallError> {
        self.0.level.lock().broken.clone()
    }

    /// Whether what fails behind the first failure certainly never happened.
    pub(crate) fn is_void(&self) -> bool {
        let level = self.0.level.lock();
        let is_unknown = |error: &CallError| matches!(error, CallError::Unknown { .. });
        level.broken.as_ref().is_some_and(|e| !is_unknown(e))
    }

    /// Waits until `version` is durable.
    ///
    /// # Errors
    /// Why it never will be.
    pub(crate) async fn passed(&self, version: u64) -> Result<(), CallError> {
        // Mostly there is nothing to wait for.
        if let Some(passed) = self.now(version) {
            return passed;
        }
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // Listen first, then look: a change between the two is not missed.
            changed.as_mut().enable();
            if let Some(passed) = self.now(version) {
                return passed;
            }
            changed.await;
        }
    }

    /// Whether `version` is durable, or never will be; `None` while neither is known.
    fn now(&self, version: u64) -> Option<Result<(), CallError>> {
        let level = self.0.level.lock();
        if level.durable_version >= version {
            return Some(Ok(()));
        }
        level.broken.clone().map(Err)
    }
}
