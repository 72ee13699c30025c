//! Time comes through this trait, so that a test or a simulation can own it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::sync::watch;

#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch, UTC.
    fn now_ms(&self) -> u64;

    /// Returns when `now_ms()` is at least `at_ms`.
    async fn sleep_until(&self, at_ms: u64);
}

/// The machine's clock. Never goes backwards within a process.
#[derive(Debug)]
pub struct SystemClock {
    started: tokio::time::Instant,
    started_ms: u64,
}

impl Default for SystemClock {
    fn default() -> Self {
        // The one place that reads the wall clock.
        #[allow(clippy::disallowed_methods)]
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started: tokio::time::Instant::now(),
            started_ms: millis(since_epoch),
        }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        self.started_ms + millis(self.started.elapsed())
    }

    async fn sleep_until(&self, at_ms: u64) {
        // A timer may wake a fraction of a millisecond before the whole one has passed.
        loop {
            let now = self.now_ms();
            if now >= at_ms {
                return;
            }
            tokio::time::sleep(Duration::from_millis(at_ms - now)).await;
        }
    }
}

/// Stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock {
    now_ms: watch::Sender<u64>,
}

impl ManualClock {
    #[must_use]
    pub fn at(now_ms: u64) -> Self {
        Self {
            now_ms: watch::Sender::new(now_ms),
        }
    }

    pub fn advance(&self, by: Duration) {
        self.now_ms.send_modify(|now| *now += millis(by));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        *self.now_ms.borrow()
    }

    async fn sleep_until(&self, at_ms: u64) {
        let mut now = self.now_ms.subscribe();
        // The sender lives as long as the clock, which lives as long as this borrow.
        let _ = now.wait_for(|now| *now >= at_ms).await;
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
