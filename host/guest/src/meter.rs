//! How long a guest has computed in its turn. What it waits for is not charged, and
//! neither is what other tasks did meanwhile.
//!
//! A thread's own CPU clock would be exact, but reading it costs a sixth of a small turn.
//! So the time between two looks is taken from the monotonic clock, and no stretch counts
//! for more than a tick: a guest cannot run longer than that unseen, and a thread that was
//! put to sleep is not the guest's fault.
//!
//! With a budget below a tick that is too rough: on a busy machine the one look that finds
//! it exceeded may be the first after a sleep. Where each turn has a fresh instance, reading
//! the thread's clock is the least of the costs, and the time is exact.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::ticks::Ticks;

/// Shared by an instance and the calls into it; only one of them runs at a time.
#[derive(Debug)]
pub(crate) struct Meter {
    clock: Clock,
    ticks: Arc<Ticks>,
    tick_ns: u64,
    since_ns: AtomicU64,
    used_ns: AtomicU64,
}

#[derive(Debug)]
enum Clock {
    /// The time since the instant at which the meter was made, whatever the thread did.
    Monotonic(Instant),
    /// What this thread has computed. Two readings are of one thread: a stretch begins and
    /// ends within a poll.
    Thread,
}

impl Clock {
    fn now_ns(&self) -> u64 {
        match self {
            Self::Monotonic(born) => nanos(born.elapsed()),
            Self::Thread => {
                let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
                nanos(Duration::try_from(now).unwrap_or_default())
            }
        }
    }
}

impl Meter {
    pub(crate) fn new(ticks: &Arc<Ticks>) -> Self {
        Self::by(Clock::Monotonic(Instant::now()), ticks)
    }

    /// A meter that reads the thread's own CPU clock: exact, but dearer to read.
    pub(crate) fn exact(ticks: &Arc<Ticks>) -> Self {
        Self::by(Clock::Thread, ticks)
    }

    fn by(clock: Clock, ticks: &Arc<Ticks>) -> Self {
        Self {
            clock,
            tick_ns: nanos(ticks.every),
            ticks: Arc::clone(ticks),
            since_ns: AtomicU64::new(0),
            used_ns: AtomicU64::new(0),
        }
    }

    /// A new turn starts with nothing used.
    pub(crate) fn reset(&self) {
        self.used_ns.store(0, Ordering::Relaxed);
    }

    /// Charges the stretch that ends now.
    pub(crate) fn charge(&self) -> Duration {
        let now = self.clock.now_ns();
        let since = self.since_ns.swap(now, Ordering::Relaxed);
        let stretch = now.saturating_sub(since).min(self.tick_ns);
        let used = self.used_ns.fetch_add(stretch, Ordering::Relaxed) + stretch;
        Duration::from_nanos(used)
    }

    fn resume(&self) {
        let now = self.clock.now_ns();
        self.since_ns.store(now, Ordering::Relaxed);
    }

    /// Runs what a guest waits for, in its call: the time is somebody else's. The one it
    /// asks may compute right here.
    pub(crate) async fn elsewhere<F: Future>(&self, wait: F) -> F::Output {
        let mut wait = pin!(wait);
        poll_fn(|context| {
            self.charge();
            let polled = wait.as_mut().poll(context);
            self.resume();
            polled
        })
        .await
    }

    /// Runs a call into the guest, metered whenever it is not suspended.
    pub(crate) async fn run<F: Future>(&self, call: F) -> F::Output {
        let mut call = pin!(call);
        poll_fn(|context| {
            self.ticks.want();
            self.resume();
            let polled = call.as_mut().poll(context);
            // What a finished call used after the last tick is not charged: it is less than a
            // tick, and a turn that is over needs no bound.
            if polled.is_pending() {
                self.charge();
            }
            polled
        })
        .await
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(10);

    fn ticks() -> Arc<Ticks> {
        Arc::new(Ticks::new(TICK))
    }

    fn spin(duration: Duration) {
        let until = Instant::now() + duration;
        while Instant::now() < until {}
    }

    #[tokio::test]
    async fn waiting_is_not_charged() {
        let meter = Meter::new(&ticks());
        meter
            .run(async {
                for _ in 0..10 {
                    tokio::time::sleep(Duration::from_millis(15)).await;
                }
            })
            .await;
        let used = meter.charge();
        assert!(used < TICK, "{used:?}");
    }

    #[tokio::test]
    async fn what_others_compute_is_not_charged() {
        let meter = Meter::new(&ticks());
        meter
            .run(async {
                spin(Duration::from_millis(5));
                meter
                    .elsewhere(async {
                        for _ in 0..5 {
                            spin(Duration::from_millis(8));
                            tokio::task::yield_now().await;
                        }
                    })
                    .await;
            })
            .await;
        let used = meter.charge();
        // The others took 40 ms; a busy machine may add a tick to its own.
        let own = Duration::from_millis(5)..Duration::from_millis(20);
        assert!(own.contains(&used), "{used:?}");
    }

    #[tokio::test]
    async fn computing_between_waits_is_charged() {
        let meter = Meter::new(&ticks());
        meter
            .run(async {
                for _ in 0..10 {
                    spin(Duration::from_millis(5));
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            })
            .await;
        let used = meter.charge();
        assert!(used >= Duration::from_millis(45), "{used:?}");
    }

    #[test]
    fn a_thread_that_was_put_to_sleep_is_not_charged_by_its_own_clock() {
        let meter = Meter::exact(&ticks());
        meter.resume();
        std::thread::sleep(Duration::from_millis(60));
        let asleep = meter.charge();
        assert!(asleep < TICK / 2, "{asleep:?}");
        // Computing is, as far as this machine lets it.
        while meter.charge() < TICK {}
    }

    #[test]
    fn one_stretch_counts_for_a_tick_at_most() {
        let meter = Meter::new(&ticks());
        meter.resume();
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(meter.charge(), TICK);
    }
}
