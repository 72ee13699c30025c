//! How busy this process is, through a trait, so that a test or a simulation can say so.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shares are measured over this time at least: over less, a single turn would look like a load.
const WINDOW: Duration = Duration::from_millis(500);
/// A measurement over a longer time says little of now, but is better than none.
const LONG: Duration = Duration::from_secs(5);

pub trait Cpu: Send + Sync + 'static {
    /// How much of the CPU time that this process may have it has used over the last second or so, in
    /// thousandths; `None` while that is not known.
    fn used_permille(&self) -> Option<u16>;
}

/// The CPU time of the process, as the machine counts it, of all cores that the process may use.
#[derive(Debug)]
pub struct ProcessCpu {
    cores: u32,
    sample: Mutex<Sample>,
}

#[derive(Debug)]
struct Sample {
    at: Instant,
    used: Duration,
    permille: Option<u16>,
}

/// What a test says.
#[derive(Debug, Default)]
pub struct ManualCpu(AtomicU16);

impl Default for ProcessCpu {
    fn default() -> Self {
        // As it counts quotas and affinity.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cores: u32::try_from(cores).unwrap_or(u32::MAX),
            sample: Mutex::new(Sample {
                at: Instant::now(),
                used: used(),
                permille: None,
            }),
        }
    }
}

impl Cpu for ProcessCpu {
    fn used_permille(&self) -> Option<u16> {
        let mut sample = self.sample.lock().unwrap_or_else(PoisonError::into_inner);
        sample.look(Instant::now(), used(), self.cores);
        sample.permille
    }
}

impl Sample {
    fn look(&mut self, now: Instant, used: Duration, cores: u32) {
        let passed = now.saturating_duration_since(self.at);
        if passed < WINDOW {
            return;
        }
        let share = used.saturating_sub(self.used).as_micros() * 1_000
            / (passed.as_micros() * u128::from(cores)).max(1);
        let share = u16::try_from(share.min(1_000)).unwrap_or(1_000);
        // Half of it from before: a garbage collector's second, or a compiler's, is no load.
        let before = self.permille.filter(|_| passed <= LONG).unwrap_or(share);
        *self = Self {
            at: now,
            used,
            permille: Some(u16::midpoint(before, share)),
        };
    }
}

/// The CPU time that all threads of this process have used.
fn used() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

impl ManualCpu {
    pub fn set(&self, permille: u16) {
        self.0.store(permille, Ordering::Relaxed);
    }
}

impl Cpu for ManualCpu {
    fn used_permille(&self) -> Option<u16> {
        Some(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_all_cores_and_of_the_last_seconds() {
        let begun = Instant::now();
        let mut sample = Sample {
            at: begun,
            used: Duration::ZERO,
            permille: None,
        };
        let ms = Duration::from_millis;
        for (at_ms, used_ms, expected) in [
            // Too soon to tell.
            (100, 100, None),
            (1_000, 1_000, Some(500)),
            // Idle since: half of it is gone after a second, nearly all after some.
            (2_000, 1_000, Some(250)),
            (3_000, 1_000, Some(125)),
            // After a long silence what was before does not count.
            (60_000, 1_000, Some(0)),
            (61_000, 9_000, Some(500)),
        ] {
            sample.look(begun + ms(at_ms), ms(used_ms), 2);
            assert_eq!(sample.permille, expected, "at {at_ms}");
        }
    }

    #[test]
    fn work_of_this_process_is_counted() {
        let (begun, before) = (Instant::now(), used());
        // As long as it takes on a machine that has other things to do.
        while used() < before + Duration::from_millis(20) {
            std::hint::spin_loop();
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "it is not counted"
            );
        }
    }
}
