//! The engine's clock: a thread that moves its epoch on, so that no guest computes unseen. It rests while
//! no guest does: a silo among many on one machine should not wake for nothing.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use crate::error::LoadError;

/// No guest has begun to compute since the last tick.
const QUIET: u8 = 0;
/// One has.
const WANTED: u8 = 1;
/// The thread rests, and has to be woken.
const RESTS: u8 = 2;
/// So many ticks without a guest before it rests. A guest that computes on is seen at the first of them,
/// and begins anew after it.
const QUIET_TICKS: u32 = 100;

/// Whether the clock is wanted. Whoever lets a guest compute says so.
#[derive(Debug)]
pub(crate) struct Ticks {
    pub(crate) every: Duration,
    state: AtomicU8,
    thread: OnceLock<Thread>,
}

impl Ticks {
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            every,
            state: AtomicU8::new(WANTED),
            thread: OnceLock::new(),
        }
    }

    /// A guest is about to compute.
    pub(crate) fn want(&self) {
        // Mostly read: it is written once a tick, however many guests there are.
        if self.state.load(Ordering::Relaxed) == WANTED {
            return;
        }
        if self.state.swap(WANTED, Ordering::AcqRel) == RESTS
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    fn rests(&self) -> bool {
        self.state.load(Ordering::Acquire) == RESTS
    }

    /// Rests until a guest is about to compute, if none has begun since the last tick.
    fn rest(&self, stop: &AtomicBool) {
        let tried = self
            .state
            .compare_exchange(QUIET, RESTS, Ordering::AcqRel, Ordering::Acquire);
        if tried.is_ok() {
            while self.rests() && !stop.load(Ordering::Acquire) {
                thread::park();
            }
        }
    }
}

/// The thread, which ends with this.
pub(crate) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Calls `tick` again and again while guests compute, until it says that nobody is left who needs that.
    pub(crate) fn start(
        ticks: Arc<Ticks>,
        mut tick: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Self, LoadError> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let body = move || {
            // Before it can rest: whoever wakes it finds it.
            let _ = ticks.thread.set(thread::current());
            let mut quiet = 0;
            while !seen.load(Ordering::Acquire) {
                thread::sleep(ticks.every);
                if !tick() {
                    return;
                }
                let was_wanted = ticks.state.swap(QUIET, Ordering::AcqRel) == WANTED;
                quiet = if was_wanted { 0 } else { quiet + 1 };
                if quiet >= QUIET_TICKS {
                    ticks.rest(&seen);
                    quiet = 0;
                }
            }
        };
        let thread = thread::Builder::new().name("wasm-ticker".into());
        let thread = thread.spawn(body);
        let thread = thread.map_err(|error| LoadError::Engine(error.to_string()))?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It ends within a tick, and has nothing to report.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    #[test]
    fn it_rests_when_nobody_computes_and_wakes_for_whoever_does() {
        let ticks = Arc::new(Ticks::new(Duration::from_millis(1)));
        let counted = Arc::new(AtomicU64::new(0));
        let counts = Arc::clone(&counted);
        let counting = move || {
            counts.fetch_add(1, Ordering::AcqRel);
            true
        };
        let ticker = Ticker::start(Arc::clone(&ticks), counting).expect("a thread");
        for _ in 0..3 {
            let begun = Instant::now();
            while !ticks.rests() {
                assert!(begun.elapsed() < Duration::from_secs(20), "it never rests");
                thread::yield_now();
            }
            let before = counted.load(Ordering::Acquire);
            ticks.want();
            let begun = Instant::now();
            while counted.load(Ordering::Acquire) < before + u64::from(QUIET_TICKS) {
                assert!(begun.elapsed() < Duration::from_secs(20), "it never wakes");
                thread::yield_now();
            }
        }
        // Also while it rests it ends at once.
        while !ticks.rests() {
            thread::yield_now();
        }
        let (ended, ends) = mpsc::channel();
        thread::spawn(move || {
            drop(ticker);
            let _ = ended.send(());
        });
        assert_eq!(ends.recv_timeout(Duration::from_secs(20)), Ok(()));
    }

    #[test]
    fn a_wish_is_never_missed() {
        let ticks = Arc::new(Ticks::new(Duration::from_micros(10)));
        let counted = Arc::new(AtomicU64::new(0));
        let counts = Arc::clone(&counted);
        let ticker = Ticker::start(Arc::clone(&ticks), move || {
            counts.fetch_add(1, Ordering::AcqRel);
            true
        });
        // Where the thread is about to rest as often as not.
        for _ in 0..300 {
            let before = counted.load(Ordering::Acquire);
            ticks.want();
            let begun = Instant::now();
            while counted.load(Ordering::Acquire) == before {
                assert!(begun.elapsed() < Duration::from_secs(20), "it sleeps on");
                thread::yield_now();
            }
            while begun.elapsed() < Duration::from_micros(60) * (QUIET_TICKS + 1) && !ticks.rests()
            {
                thread::yield_now();
            }
        }
        drop(ticker.expect("a thread"));
    }
}
