//! There are two clocks, since a machine has two. [`Clock::now_ms`] only runs forward, and is
//! what delays and deadlines are counted on: nobody can set it, and it goes on while the
//! machine sleeps. [`Clock::wall_ms`] is the date, which an operator, NTP or a resumed virtual
//! machine may set at any moment, forward or back: it is what guests see and people read. A
//! delay that is to outlive the process is counted on neither, but on a durable clock, which the
//! runtime makes of both.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::sync::watch;

/// The longest single sleep: the sleeper's own clock stands still while the machine sleeps.
const NAP: Duration = Duration::from_secs(1);

#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds on a clock that never goes back. Its zero means nothing.
    fn now_ms(&self) -> u64;

    /// The date: milliseconds since the Unix epoch, UTC. It may jump, in both directions.
    fn wall_ms(&self) -> u64;

    /// Names the run of the machine in which [`now_ms`](Self::now_ms) counts: readings with
    /// one name can be compared, also by processes that follow each other. `None` where that
    /// cannot be known.
    fn boot(&self) -> Option<u128> {
        None
    }

    /// Returns when [`now_ms`](Self::now_ms) is at least `at_ms`.
    async fn sleep_until(&self, at_ms: u64);
}

/// Both clocks at one moment, for what begins with one and ends with the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    pub now_ms: u64,
    pub wall_ms: u64,
}

impl Moment {
    #[must_use]
    pub fn of(clock: &dyn Clock) -> Self {
        Self {
            now_ms: clock.now_ms(),
            wall_ms: clock.wall_ms(),
        }
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
        #[allow(
            clippy::disallowed_methods,
            reason = "this is the clock that all others ask"
        )]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        millis(since_epoch.unwrap_or_default())
    }

    fn boot(&self) -> Option<u128> {
        // A container may have a boot clock of its own, which another one does not share.
        let offsets = std::fs::read_to_string("/proc/self/timens_offsets").unwrap_or_default();
        let mut numbers = offsets
            .split_whitespace()
            .filter_map(|word| word.parse::<i64>().ok());
        if numbers.any(|offset| offset != 0) {
            return None;
        }
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        u128::from_str_radix(&id.trim().replace('-', ""), 16).ok()
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

/// A clock for tests and simulations: it stands still until somebody moves it.
#[derive(Debug)]
pub struct ManualClock {
    /// The time of the clock that never goes back, and the date, both in milliseconds.
    times: watch::Sender<(u64, u64)>,
    boot: u128,
}

impl ManualClock {
    #[must_use]
    pub fn at(now_ms: u64) -> Self {
        Self {
            times: watch::Sender::new((now_ms, now_ms)),
            boot: 1,
        }
    }

    /// The clock of the same machine, started again: the date stays, the other one begins anew.
    #[must_use]
    pub fn restarted(&self) -> Self {
        Self {
            times: watch::Sender::new((0, self.wall_ms())),
            boot: self.boot + 1,
        }
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let by = millis(by);
        self.times.send_modify(|(now, wall)| {
            *now += by;
            *wall += by;
        });
    }

    /// Sets the date, as an operator would; no time passes.
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

    fn boot(&self) -> Option<u128> {
        Some(self.boot)
    }

    async fn sleep_until(&self, at_ms: u64) {
        let mut times = self.times.subscribe();
        // The sender lives as long as the clock, which lives as long as this borrow.
        let _ = times.wait_for(|(now, _)| *now >= at_ms).await;
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
