//! What follows from the date being set while the silo runs. Time is passed in.

use std::collections::VecDeque;

use pizza_clock::Moment;

/// How far, in milliseconds, the date may move from the silo's own clock before it counts as set.
const STEP_MS: u64 = 60_000;
/// How far, in milliseconds, the date may move between two looks and still be merely kept right,
/// as NTP does.
pub(crate) const SLEW_MS: u64 = 1_000;

/// How far the date is ahead of the silo's own clock, in milliseconds.
fn ahead(at: Moment) -> i128 {
    i128::from(at.wall_ms) - i128::from(at.now_ms)
}

/// Tells that the date was set: it has left the clock that it used to go along with. No
/// delay depends on it; operators want to know.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    ahead: Option<i128>,
}

impl Steps {
    /// Whether the date was set since the last [`follow`](Self::follow).
    pub(crate) fn is_set(&self, at: Moment) -> bool {
        self.ahead
            .is_some_and(|before| (ahead(at) - before).unsigned_abs() > u128::from(STEP_MS))
    }

    /// What the date would be if nobody had set it.
    pub(crate) fn unset(&self, at: Moment) -> u64 {
        let before = self.ahead.unwrap_or_else(|| ahead(at));
        u64::try_from(i128::from(at.now_ms) + before).unwrap_or(0)
    }

    /// Takes this for the date from here on. Small differences are let grow, or a clock that is
    /// set by a little again and again would never be noticed.
    pub(crate) fn follow(&mut self, at: Moment) {
        let moved = self.ahead.map(|before| (ahead(at) - before).unsigned_abs());
        let is_slew = moved.is_some_and(|moved| moved <= u128::from(SLEW_MS));
        if moved.is_none() || is_slew || self.is_set(at) {
            self.ahead = Some(ahead(at));
        }
    }
}

/// The date by which rows expire: none goes before it has been served for its time, also when
/// the date jumps forward. That is the lowest of all the dates which the clock would show now,
/// had it been left as it was at some moment of the last `keep_ms`.
#[derive(Debug)]
pub(crate) struct Expiry {
    keep_ms: u64,
    /// How far the date was ahead of the silo's own clock, each with the time at which it last
    /// was so.
    seen: VecDeque<(i128, u64)>,
}

impl Expiry {
    pub(crate) fn new(keep_ms: u64) -> Self {
        let seen = VecDeque::new();
        Self { keep_ms, seen }
    }

    pub(crate) fn date(&mut self, at: Moment) -> u64 {
        let ahead = ahead(at);
        match self.seen.back_mut() {
            Some((last, until)) if (ahead - *last).unsigned_abs() <= u128::from(SLEW_MS) => {
                *until = at.now_ms;
            }
            _ => self.seen.push_back((ahead, at.now_ms)),
        }
        // The last one stays, however old: it is how the date goes now.
        while self.seen.len() > 1
            && let Some((_, until)) = self.seen.front()
            && until.saturating_add(self.keep_ms) < at.now_ms
        {
            self.seen.pop_front();
        }
        let lowest = self.seen.iter().map(|(ahead, _)| *ahead).min();
        let date = i128::from(at.now_ms) + lowest.unwrap_or(ahead);
        u64::try_from(date).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Expiry, Moment, Steps};

    const HOUR_MS: u64 = 3_600_000;

    fn moment(now_ms: u64, wall_ms: u64) -> Moment {
        Moment { now_ms, wall_ms }
    }

    #[test]
    fn a_date_that_is_set_is_noticed_and_one_that_is_kept_right_is_not() {
        let mut steps = Steps::default();
        steps.follow(moment(0, 1_000_000));
        assert!(!steps.is_set(moment(10_000, 1_010_000)));
        assert!(!steps.is_set(moment(10_000, 1_010_900)));
        assert!(steps.is_set(moment(10_000, 1_010_000 + HOUR_MS)));
        let back = moment(10_000, 10_000);
        assert!(steps.is_set(back));
        assert_eq!(steps.unset(back), 1_010_000);
        steps.follow(back);
        assert!(!steps.is_set(moment(20_000, 20_000)));
    }

    #[test]
    fn a_date_set_by_half_a_minute_three_times_was_set() {
        let mut steps = Steps::default();
        for looks in 0..3 {
            let at = moment(looks * 10_000, 1_000_000 + looks * 40_000);
            let is_set = steps.is_set(at);
            assert_eq!(is_set, looks == 3, "{looks}");
            steps.follow(at);
        }
        assert!(steps.is_set(moment(30_000, 1_120_000)));
    }

    #[test]
    fn a_row_is_served_for_its_time_when_the_date_jumps_ahead() {
        let mut expiry = Expiry::new(24 * HOUR_MS);
        assert_eq!(expiry.date(moment(0, 1_000_000)), 1_000_000);
        let jumped = |now_ms| moment(now_ms, 1_000_000 + now_ms + 48 * HOUR_MS);
        assert_eq!(expiry.date(jumped(1)), 1_000_001);
        assert_eq!(expiry.date(jumped(23 * HOUR_MS)), 1_000_000 + 23 * HOUR_MS);
        let later = jumped(25 * HOUR_MS);
        assert_eq!(expiry.date(later), later.wall_ms);
    }

    #[test]
    fn a_date_that_goes_back_expires_nothing_early() {
        let mut expiry = Expiry::new(HOUR_MS);
        expiry.date(moment(0, 10 * HOUR_MS));
        let back = moment(10, HOUR_MS);
        assert_eq!(expiry.date(back), back.wall_ms);
    }
}
