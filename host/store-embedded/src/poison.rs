//! After a failed write or fsync nobody knows what the disk holds: the kernel may
//! have dropped the pages and call the next fsync a success. So the first failure is
//! final, for writes and for reads, until the process starts again and recovers.

use std::sync::Arc;

use pizza_store::StoreError;
use tokio::sync::SetOnce;

#[derive(Debug, Clone, Default)]
pub(crate) struct Poison(Arc<SetOnce<String>>);

impl Poison {
    /// Stops the store for good. The first reason is kept.
    pub(crate) fn set(&self, reason: &str) {
        if self.0.set(reason.to_owned()).is_ok() {
            tracing::error!(reason, "the store has stopped");
        }
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Resolves with the reason once there is one.
    pub(crate) async fn set_some_time(&self) -> String {
        self.0.wait().await.clone()
    }

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.reason() {
            None => Ok(()),
            Some(reason) => Err(StoreError::Poisoned {
                reason: reason.to_owned(),
            }),
        }
    }
}

/// Stops the store when the thread that holds it panics.
pub(crate) struct PoisonOnPanic(Poison, &'static str);

impl PoisonOnPanic {
    pub(crate) fn new(poison: &Poison, reason: &'static str) -> Self {
        Self(poison.clone(), reason)
    }
}

impl Drop for PoisonOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set(self.1);
        }
    }
}
