//! The output gate of one activation: what waits here leaves only when every commit
//! before it is durable, and never when one of them failed.

use pizza_types::CallError;
use tokio::sync::watch;

#[derive(Clone)]
struct Level {
    durable_version: u64,
    /// Set by the first commit that failed; nothing behind it will ever be durable.
    broken: Option<CallError>,
}

/// Cheap to clone; all clones are one gate.
#[derive(Clone)]
pub(crate) struct Gate(watch::Sender<Level>);

impl Gate {
    pub(crate) fn new(durable_version: u64) -> Self {
        Self(watch::Sender::new(Level {
            durable_version,
            broken: None,
        }))
    }

    pub(crate) fn raise(&self, version: u64) {
        self.0
            // Never down: outcomes without a commit come with the version before.
            .send_modify(|level| level.durable_version = level.durable_version.max(version));
    }

    /// Commits up to this version are durable.
    pub(crate) fn durable_version(&self) -> u64 {
        self.0.borrow().durable_version
    }

    pub(crate) fn break_with(&self, error: &CallError) {
        self.0.send_modify(|level| {
            // The first failure is the cause; what fails behind it fails because of it.
            level.broken.get_or_insert_with(|| error.clone());
        });
    }

    pub(crate) fn broken(&self) -> Option<CallError> {
        self.0.borrow().broken.clone()
    }

    /// Whether what fails behind the first failure certainly never happened.
    pub(crate) fn is_void(&self) -> bool {
        let level = self.0.borrow();
        let is_unknown = |error: &CallError| matches!(error, CallError::Unknown { .. });
        level.broken.as_ref().is_some_and(|e| !is_unknown(e))
    }

    /// Waits until `version` is durable.
    ///
    /// # Errors
    /// Why it never will be.
    pub(crate) async fn passed(&self, version: u64) -> Result<(), CallError> {
        // Mostly there is nothing to wait for.
        if self.0.borrow().durable_version >= version {
            return Ok(());
        }
        let mut levels = self.0.subscribe();
        let open = |level: &Level| level.broken.is_some() || level.durable_version >= version;
        let Ok(level) = levels.wait_for(open).await else {
            // The sender is part of `self`, so it is alive.
            return Err(CallError::Moved);
        };
        match &level.broken {
            Some(error) if level.durable_version < version => Err(error.clone()),
            _ => Ok(()),
        }
    }
}
