//! How long to wait before a failed attempt is made again.

use std::time::Duration;

/// Pauses that double from the first to the longest. Each is shortened by a random part, at
/// most by half: attempts that have failed at once are not made again at once ("equal jitter",
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        debug_assert!(first <= longest && !first.is_zero());
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// How long to wait after one more failure.
    pub fn pause(&mut self) -> Duration {
        self.pause_by(rand::random_range(0.0..=1.0))
    }

    /// `chance` is from 0 to 1.
    fn pause_by(&mut self, chance: f64) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause.mul_f64(0.5 + chance / 2.0)
    }

    /// An attempt has succeeded: the next failure is a first one again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(50), ms(150));
        let pauses: Vec<_> = (0..4).map(|_| backoff.pause_by(1.0)).collect();
        assert_eq!(pauses, [ms(50), ms(100), ms(150), ms(150)]);
        backoff.reset();
        assert_eq!(backoff.pause_by(0.0), ms(25));
        for _ in 0..100 {
            let pause = backoff.pause();
            assert!((ms(50)..=ms(150)).contains(&pause), "{pause:?}");
        }
    }
}
