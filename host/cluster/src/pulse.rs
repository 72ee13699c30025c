//! Whether the threads that do a silo's work still do any. Heartbeats come from a thread of their own, so they
//! alone would say that a silo lives of which nobody ever gets an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pizza_clock::Clock;

/// How often it beats, in milliseconds.
const BEAT_MS: u64 = 250;

/// When the threads that work were last seen to.
#[derive(Debug)]
pub struct Pulse(AtomicU64);

impl Pulse {
    /// Watches the runtime on which this is called, for as long as somebody holds what it returns.
    #[must_use]
    pub fn of_this_runtime(clock: &Arc<dyn Clock>) -> Arc<Self> {
        let pulse = Arc::new(Self(AtomicU64::new(clock.now_ms())));
        let (watched, clock) = (Arc::downgrade(&pulse), Arc::clone(clock));
        tokio::spawn(async move {
            while let Some(pulse) = watched.upgrade() {
                let now_ms = clock.now_ms();
                pulse.0.store(now_ms, Ordering::Release);
                drop(pulse);
                clock.sleep_until(now_ms.saturating_add(BEAT_MS)).await;
            }
        });
        pulse
    }

    /// How long nothing was seen of them, in milliseconds.
    #[must_use]
    pub fn silent_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.0.load(Ordering::Acquire))
    }
}
