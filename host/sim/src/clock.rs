//! Clocks that run apart: each silo's has a zero of its own, goes a little too fast or too slow, and
//! has a date that is a little off.

use std::time::Duration;

use async_trait::async_trait;
use pizza_clock::Clock;

use crate::trace::now_ms;

/// The date when simulations begin, in milliseconds since the Unix epoch.
const BEGIN_MS: u64 = 1_800_000_000_000;

#[derive(Debug, Clone, Copy)]
pub struct SimClock {
    /// What the clock that never goes back shows when the simulation begins.
    pub zero_ms: u64,
    /// How many milliseconds it gains in a million.
    pub drift_ppm: i64,
    /// How far the date is off when the simulation begins.
    pub off_ms: i64,
}

impl SimClock {
    /// So much time has passed by this clock, when truly it was this.
    fn by_it(self, true_ms: u64) -> u64 {
        let million = 1_000_000_i128;
        let by_it = i128::from(true_ms) * (million + i128::from(self.drift_ppm)) / million;
        u64::try_from(by_it).unwrap_or(0)
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now_ms(&self) -> u64 {
        self.zero_ms + self.by_it(now_ms())
    }

    fn wall_ms(&self) -> u64 {
        (BEGIN_MS + self.by_it(now_ms())).saturating_add_signed(self.off_ms)
    }

    async fn sleep_until(&self, at_ms: u64) {
        loop {
            let now = self.now_ms();
            if now >= at_ms {
                return;
            }
            // A clock that is slow needs another look.
            let left = Duration::from_millis((at_ms - now).min(1_000));
            tokio::time::sleep(left).await;
        }
    }
}
