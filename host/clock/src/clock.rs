//! There are two clocks, since a machine has two. [`Clock::now_ms`] only runs forward, and is
//! what delays and deadlines are counted on: nobody can set it, and it goes on while the
//! machine sleeps. [`Clock::wall_ms`] is the date, which an operator, NTP or a resumed virtual
//! machine may set at any moment, forward or back: it is what guests see and people read. A
//! delay that is to outlive the process is counted on neither, but on a durable clock, which the
//! runtime makes of both.

use std::sync::OnceLock;
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

    /// The same for whoever keeps the distance of the two: of one millisecond, whatever else the machine does.
    #[must_use]
    pub fn exact(clock: &dyn Clock) -> Self {
        let mut read = Self::of(clock);
        for _ in 0..READ_MAX {
            if clock.now_ms() == read.now_ms {
                break;
            }
            read = Self::of(clock);
        }
        read
    }
}

/// How often two clocks are read until both are of one moment.
const READ_MAX: u32 = 16;
const NANOS_PER_MS: u64 = 1_000_000;

/// By how much the clock that never goes back is moved, in nanoseconds: less than a millisecond, so that its
/// milliseconds begin with those of the date. Then the distance of the two is a whole number, and processes
/// of one machine that count from their own start agree about the date; rounded each for itself, they
/// would be apart by two.
fn phase_ns() -> u64 {
    static PHASE: OnceLock<u64> = OnceLock::new();
    *PHASE.get_or_init(|| {
        let read = || {
            let before = steady_ns();
            let date = u64::try_from(date().as_nanos()).unwrap_or(u64::MAX);
            (steady_ns() - before, before, date)
        };
        // The quickest of them: between the others something else was run.
        let best = (0..READ_MAX).map(|_| read()).min();
        let (took, before, date) = best.unwrap_or_default();
        let steady = (before + took / 2) % NANOS_PER_MS;
        (date % NANOS_PER_MS + NANOS_PER_MS - steady) % NANOS_PER_MS
    })
}

fn steady_ns() -> u64 {
    // Linux's monotonic clock stops in suspend, its boot clock does not.
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(clock);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds.unwrap_or(0) * 1_000 * NANOS_PER_MS + nanos.unwrap_or(0)
}

fn date() -> Duration {
    // The one place that reads the date.
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the clock that all others ask"
    )]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.unwrap_or_default()
}

/// The machine's clocks.
#[derive(Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        (steady_ns() + phase_ns()) / NANOS_PER_MS
    }

    fn wall_ms(&self) -> u64 {
        millis(date())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const LOOKS: u32 = 100_000;

    #[test]
    fn milliseconds_of_both_clocks_begin_together() {
        let clock = SystemClock;
        let mut apart = BTreeMap::<u64, u32>::new();
        // Over many beginnings of a millisecond: each of them would show.
        for _ in 0..LOOKS {
            let Moment { now_ms, wall_ms } = Moment::exact(&clock);
            *apart.entry(wall_ms - now_ms).or_default() += 1;
        }
        // The date may be slewed meanwhile.
        let most = apart.values().max().copied().unwrap_or_default();
        assert!(most > LOOKS / 100 * 98, "{apart:?}");
    }
}
