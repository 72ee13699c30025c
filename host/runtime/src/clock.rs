//! Time comes through this trait, so that a test or a simulation can own it.
//!
//! There are two clocks, since a machine has two. [`Clock::now_ms`] only runs forward, and is
//! what delays and deadlines are counted on: nobody can set it, and it goes on while the
//! machine sleeps. [`Clock::wall_ms`] is the date, which an operator, NTP or a resumed virtual
//! machine may set at any moment, forward or back: it is what guests see, what is written into
//! the store, and what a stored time is compared with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::sync::watch;

/// At most this long at once: the sleeper's own clock stands still while the machine sleeps.
const NAP: Duration = Duration::from_secs(1);

#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds on a clock that never goes back. Its zero means nothing.
    fn now_ms(&self) -> u64;

    /// The date: milliseconds since the Unix epoch, UTC. It may jump, in both directions.
    fn wall_ms(&self) -> u64;

    /// Returns when [`now_ms`](Self::now_ms) is at least `at_ms`.
    async fn sleep_until(&self, at_ms: u64);
}

/// Both clocks at one moment, for what begins with one and ends with the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) now_ms: u64,
    pub(crate) wall_ms: u64,
}

impl Moment {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self {
            now_ms: clock.now_ms(),
            wall_ms: clock.wall_ms(),
        }
    }

    /// When it is `date_ms`, on the clock that never goes back, if nobody sets the other one.
    pub(crate) fn at(self, date_ms: u64) -> u64 {
        let wait_ms = date_ms.saturating_sub(self.wall_ms);
        self.now_ms.saturating_add(wait_ms)
    }
}

/// The machine's clocks.
#[derive(Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        // Linux's monotonic clock stops in suspend, its boot clock does not.
        #[cfg(target_os = "linux")]
        let clock = rustix::time::ClockId::Boottime;
        #[cfg(not(target_os = "linux"))]
        let clock = rustix::time::ClockId::Monotonic;
        let time = rustix::time::clock_gettime(clock);
        let (seconds, nanos) = (time.tv_sec, time.tv_nsec / 1_000_000);
        u64::try_from(seconds).unwrap_or(0) * 1_000 + u64::try_from(nanos).unwrap_or(0)
    }

    fn wall_ms(&self) -> u64 {
        // The one place that reads the date.
        #[allow(clippy::disallowed_methods)]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        millis(since_epoch.unwrap_or_default())
    }

    async fn sleep_until(&self, at_ms: u64) {
        // A timer may wake a fraction of a millisecond before the whole one has passed.
        loop {
            let now = self.now_ms();
            if now >= at_ms {
                return;
            }
            tokio::time::sleep(Duration::from_millis(at_ms - now).min(NAP)).await;
        }
    }
}

/// Stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock {
    /// Of the clock that never goes back, and of the date.
    times: watch::Sender<(u64, u64)>,
}

impl ManualClock {
    #[must_use]
    pub fn at(now_ms: u64) -> Self {
        Self {
            times: watch::Sender::new((now_ms, now_ms)),
        }
    }

    /// Time passes: on both clocks.
    pub fn advance(&self, by: Duration) {
        let by = millis(by);
        self.times.send_modify(|(now, wall)| {
            *now += by;
            *wall += by;
        });
    }

    /// Somebody sets the date, and no time passes.
    pub fn set_wall(&self, wall_ms: u64) {
        self.times.send_modify(|(_, wall)| *wall = wall_ms);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.times.borrow().0
    }

    fn wall_ms(&self) -> u64 {
        self.times.borrow().1
    }

    async fn sleep_until(&self, at_ms: u64) {
        let mut times = self.times.subscribe();
        // The sender lives as long as the clock, which lives as long as this borrow.
        let _ = times.wait_for(|(now, _)| *now >= at_ms).await;
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
