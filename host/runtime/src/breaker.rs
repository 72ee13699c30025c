//! A circuit breaker for each actor type: a module whose every turn fails is not asked
//! again and again. Time is passed in.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pizza_types::CallError;

use crate::settings::BreakerLimits;

/// Whether turns of one module may begin.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
    /// False while it is closed without a failure, which it is nearly always: then nobody
    /// takes the lock.
    has_failures: AtomicBool,
}

#[derive(Debug)]
enum State {
    /// Turns may begin. The list says when the failures since the last success were, oldest
    /// first.
    Closed {
        failed_ms: VecDeque<u64>,
    },
    Open {
        until_ms: u64,
    },
    /// One turn has been let through, to see. Should it never be heard of, the next one
    /// is let through after this time.
    HalfOpen {
        until_ms: u64,
    },
}

impl Default for State {
    fn default() -> Self {
        let failed_ms = VecDeque::new();
        Self::Closed { failed_ms }
    }
}

/// The right to one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the breaker must hear how the turn ended"]
pub(crate) struct Permit {
    is_probe: bool,
}

/// How a turn ended, as far as it tells of its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
    /// The module was not asked, or what happened is not its fault.
    Ignored,
}

/// The state of a breaker as an operator sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    Closed { failures: u32 },
    Open { left_ms: u64 },
    HalfOpen,
}

impl Outcome {
    pub(crate) fn of<T>(outcome: &Result<T, CallError>) -> Self {
        match outcome {
            Ok(_) => Self::Success,
            // Only this is the module's own doing; a deadline or an overload may have any cause.
            Err(CallError::Failed { .. }) => Self::Failure,
            Err(_) => Self::Ignored,
        }
    }
}

impl Breaker {
    /// # Errors
    /// While it is open: after how many milliseconds to ask again.
    pub(crate) fn admit(&self, limits: &BreakerLimits, now_ms: u64) -> Result<Permit, u64> {
        if !self.has_failures.load(Ordering::Acquire) {
            return Ok(Permit { is_probe: false });
        }
        let mut state = self.state.lock();
        match *state {
            State::Closed { .. } => Ok(Permit { is_probe: false }),
            State::Open { until_ms } | State::HalfOpen { until_ms } if until_ms > now_ms => {
                Err(until_ms - now_ms)
            }
            // The time is over. The lock makes sure that one turn, and no more, is let through.
            State::Open { .. } | State::HalfOpen { .. } => {
                let until_ms = now_ms.saturating_add(limits.open_ms);
                *state = State::HalfOpen { until_ms };
                Ok(Permit { is_probe: true })
            }
        }
    }

    /// Like [`admit`](Self::admit) for somebody who will have to ask again: takes no permit.
    ///
    /// # Errors
    /// While it is open: after how many milliseconds to ask again.
    pub(crate) fn check(&self, now_ms: u64) -> Result<(), u64> {
        if !self.has_failures.load(Ordering::Acquire) {
            return Ok(());
        }
        match *self.state.lock() {
            State::Open { until_ms } | State::HalfOpen { until_ms } if until_ms > now_ms => {
                Err(until_ms - now_ms)
            }
            _ => Ok(()),
        }
    }

    /// The breaker's new state, if this changed it.
    pub(crate) fn record(
        &self,
        limits: &BreakerLimits,
        permit: Permit,
        outcome: Outcome,
        now_ms: u64,
    ) -> Option<BreakerState> {
        let healthy = !self.has_failures.load(Ordering::Acquire);
        if limits.failures_max == 0 || (healthy && outcome != Outcome::Failure) {
            return None;
        }
        let mut state = self.state.lock();
        let next = next(&mut state, limits, permit, outcome, now_ms)?;
        let is_new = match (&*state, &next) {
            (State::Closed { .. }, State::Closed { .. }) => false,
            // A probe that told nothing makes room for another, and that is all.
            (_, State::Open { until_ms }) if *until_ms <= now_ms => false,
            _ => true,
        };
        *state = next;
        let is_healthy = matches!(&*state, State::Closed { failed_ms } if failed_ms.is_empty());
        self.has_failures.store(!is_healthy, Ordering::Release);
        is_new.then(|| state.view(now_ms))
    }

    pub(crate) fn view(&self, now_ms: u64) -> BreakerState {
        self.state.lock().view(now_ms)
    }
}

/// The state after a turn has ended; `None`: as before.
fn next(
    state: &mut State,
    limits: &BreakerLimits,
    permit: Permit,
    outcome: Outcome,
    now_ms: u64,
) -> Option<State> {
    let open = State::Open {
        until_ms: now_ms.saturating_add(limits.open_ms),
    };
    match (state, outcome) {
        (State::Closed { failed_ms }, Outcome::Failure) => {
            failed_ms.push_back(now_ms);
            let since_ms = now_ms.saturating_sub(limits.window_ms);
            while failed_ms.front().is_some_and(|ms| *ms < since_ms) {
                failed_ms.pop_front();
            }
            if failed_ms.len() >= limits.failures_max as usize {
                return Some(open);
            }
            let failed_ms = std::mem::take(failed_ms);
            Some(State::Closed { failed_ms })
        }
        (State::Closed { .. }, Outcome::Success) => Some(State::default()),
        // Turns that began before it opened tell nothing new.
        (State::HalfOpen { .. }, _) if permit.is_probe => Some(match outcome {
            Outcome::Success => State::default(),
            Outcome::Failure => open,
            // The probe found out nothing: the next turn may try at once.
            Outcome::Ignored => State::Open { until_ms: now_ms },
        }),
        _ => None,
    }
}

impl State {
    fn view(&self, now_ms: u64) -> BreakerState {
        match self {
            Self::Closed { failed_ms } => BreakerState::Closed {
                failures: u32::try_from(failed_ms.len()).unwrap_or(u32::MAX),
            },
            Self::Open { until_ms } => BreakerState::Open {
                left_ms: until_ms.saturating_sub(now_ms),
            },
            Self::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BreakerLimits = BreakerLimits {
        failures_max: 3,
        window_ms: 100,
        open_ms: 50,
    };

    fn turn(breaker: &Breaker, outcome: Outcome, now_ms: u64) -> Option<BreakerState> {
        let permit = breaker.admit(&LIMITS, now_ms).expect("not open");
        breaker.record(&LIMITS, permit, outcome, now_ms)
    }

    /// Failures at these times, and whether the last of them opens it.
    #[test]
    fn failures_in_a_row_and_in_a_short_time_open_it() {
        use Outcome::{Failure, Ignored, Success};
        for (turns, opens) in [
            (vec![(Failure, 0), (Failure, 1), (Failure, 2)], true),
            (vec![(Failure, 0), (Failure, 1)], false),
            (vec![(Failure, 0), (Failure, 50), (Failure, 100)], true),
            (vec![(Failure, 0), (Failure, 50), (Failure, 101)], false),
            (
                vec![(Failure, 0), (Failure, 1), (Success, 2), (Failure, 3)],
                false,
            ),
            (
                vec![(Failure, 0), (Failure, 1), (Ignored, 2), (Failure, 3)],
                true,
            ),
        ] {
            let breaker = Breaker::default();
            let mut changes = Vec::new();
            for (outcome, now_ms) in &turns {
                changes.extend(turn(&breaker, *outcome, *now_ms));
            }
            let opened = [BreakerState::Open { left_ms: 50 }];
            assert_eq!(changes, opened[..usize::from(opens)], "{turns:?}");
        }
    }

    fn opened() -> Breaker {
        let breaker = Breaker::default();
        for now_ms in 0..3 {
            turn(&breaker, Outcome::Failure, now_ms);
        }
        breaker
    }

    #[test]
    fn one_probe_closes_it_or_opens_it_again() {
        let breaker = opened();
        assert_eq!(breaker.admit(&LIMITS, 12), Err(40));
        assert_eq!(breaker.check(12), Err(40));
        assert_eq!(breaker.check(52), Ok(()), "a check is no probe");
        let probe = breaker.admit(&LIMITS, 52).expect("a probe");
        assert_eq!(breaker.admit(&LIMITS, 53), Err(49), "one at a time");
        assert_eq!(breaker.view(53), BreakerState::HalfOpen);
        let change = breaker.record(&LIMITS, probe, Outcome::Failure, 60);
        assert_eq!(change, Some(BreakerState::Open { left_ms: 50 }));
        assert_eq!(breaker.admit(&LIMITS, 109), Err(1));
        let closed = BreakerState::Closed { failures: 0 };
        assert_eq!(turn(&breaker, Outcome::Success, 110), Some(closed));
        assert_eq!(turn(&breaker, Outcome::Failure, 111), None);
        assert_eq!(breaker.view(111), BreakerState::Closed { failures: 1 });
    }

    #[test]
    fn a_probe_that_tells_nothing_makes_room_for_the_next() {
        let breaker = opened();
        assert_eq!(turn(&breaker, Outcome::Ignored, 60), None);
        let _lost = breaker.admit(&LIMITS, 61).expect("another probe");
        assert_eq!(breaker.admit(&LIMITS, 110), Err(1));
        assert!(
            breaker.admit(&LIMITS, 111).is_ok(),
            "the lost one is not waited for"
        );
    }

    #[test]
    fn turns_from_before_it_opened_do_not_count() {
        let breaker = Breaker::default();
        let early = breaker.admit(&LIMITS, 0).expect("closed");
        for now_ms in 0..3 {
            turn(&breaker, Outcome::Failure, now_ms);
        }
        assert_eq!(breaker.record(&LIMITS, early, Outcome::Success, 4), None);
        assert_eq!(breaker.admit(&LIMITS, 5), Err(47));
    }

    #[test]
    fn with_no_limit_it_never_opens() {
        let limits = BreakerLimits {
            failures_max: 0,
            ..LIMITS
        };
        let breaker = Breaker::default();
        for now_ms in 0..100 {
            let permit = breaker.admit(&limits, now_ms).expect("closed");
            assert_eq!(
                breaker.record(&limits, permit, Outcome::Failure, now_ms),
                None
            );
        }
    }
}
