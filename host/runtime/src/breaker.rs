//! A circuit breaker for each actor type: a module whose every turn fails is not asked
//! again and again. Time is passed in.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pizza_types::CallError;

use crate::settings::Breaking;

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
    /// Something else than closed without a failure, which is what there is all but
    /// always: then nobody takes the lock.
    troubled: AtomicBool,
}

#[derive(Debug)]
enum State {
    /// When the failures since the last success were, oldest first.
    Closed {
        failed_ms: VecDeque<u64>,
    },
    Open {
        until_ms: u64,
    },
    /// One turn has been let through, to see. Should it never be heard of, the next one
    /// is let through after this time.
    Trial {
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
pub(crate) struct Pass {
    is_trial: bool,
}

/// How a turn ended, as far as it tells of its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    Badly,
    /// The module was not asked, or what happened is not its fault.
    Neither,
}

/// What an operator sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    Closed { failures: u32 },
    Open { left_ms: u64 },
    HalfOpen,
}

impl Ended {
    pub(crate) fn of<T>(outcome: &Result<T, CallError>) -> Self {
        match outcome {
            Ok(_) => Self::Well,
            Err(CallError::Failed { .. }) => Self::Badly,
            Err(_) => Self::Neither,
        }
    }
}

impl Breaker {
    /// # Errors
    /// While it is open: after how many milliseconds to ask again.
    pub(crate) fn admit(&self, limits: &Breaking, now_ms: u64) -> Result<Pass, u64> {
        if !self.troubled.load(Ordering::Acquire) {
            return Ok(Pass { is_trial: false });
        }
        let mut state = self.state.lock();
        match *state {
            State::Closed { .. } => Ok(Pass { is_trial: false }),
            State::Open { until_ms } | State::Trial { until_ms } if until_ms > now_ms => {
                Err(until_ms - now_ms)
            }
            State::Open { .. } | State::Trial { .. } => {
                let until_ms = now_ms.saturating_add(limits.open_ms);
                *state = State::Trial { until_ms };
                Ok(Pass { is_trial: true })
            }
        }
    }

    /// Like [`admit`](Self::admit) for somebody who will have to ask again: takes no pass.
    ///
    /// # Errors
    /// While it is open: after how many milliseconds to ask again.
    pub(crate) fn look(&self, now_ms: u64) -> Result<(), u64> {
        if !self.troubled.load(Ordering::Acquire) {
            return Ok(());
        }
        match *self.state.lock() {
            State::Open { until_ms } | State::Trial { until_ms } if until_ms > now_ms => {
                Err(until_ms - now_ms)
            }
            _ => Ok(()),
        }
    }

    /// The breaker's new state, if this changed it.
    pub(crate) fn ended(
        &self,
        limits: &Breaking,
        pass: Pass,
        ended: Ended,
        now_ms: u64,
    ) -> Option<BreakerState> {
        let calm = !self.troubled.load(Ordering::Acquire);
        if limits.failures_max == 0 || (calm && ended != Ended::Badly) {
            return None;
        }
        let mut state = self.state.lock();
        let next = next(&mut state, limits, pass, ended, now_ms)?;
        let is_new = match (&*state, &next) {
            (State::Closed { .. }, State::Closed { .. }) => false,
            // A trial that told nothing makes room for another, and that is all.
            (_, State::Open { until_ms }) if *until_ms <= now_ms => false,
            _ => true,
        };
        *state = next;
        let is_calm = matches!(&*state, State::Closed { failed_ms } if failed_ms.is_empty());
        self.troubled.store(!is_calm, Ordering::Release);
        is_new.then(|| state.view(now_ms))
    }

    pub(crate) fn view(&self, now_ms: u64) -> BreakerState {
        self.state.lock().view(now_ms)
    }
}

/// The state after a turn has ended; `None`: as before.
fn next(
    state: &mut State,
    limits: &Breaking,
    pass: Pass,
    ended: Ended,
    now_ms: u64,
) -> Option<State> {
    let open = State::Open {
        until_ms: now_ms.saturating_add(limits.open_ms),
    };
    match (state, ended) {
        (State::Closed { failed_ms }, Ended::Badly) => {
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
        (State::Closed { .. }, Ended::Well) => Some(State::default()),
        // Turns that began before it opened tell nothing new.
        (State::Trial { .. }, _) if pass.is_trial => Some(match ended {
            Ended::Well => State::default(),
            Ended::Badly => open,
            Ended::Neither => State::Open { until_ms: now_ms },
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
            Self::Trial { .. } => BreakerState::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Breaking = Breaking {
        failures_max: 3,
        window_ms: 100,
        open_ms: 50,
    };

    fn turn(breaker: &Breaker, ended: Ended, now_ms: u64) -> Option<BreakerState> {
        let pass = breaker.admit(&LIMITS, now_ms).expect("not open");
        breaker.ended(&LIMITS, pass, ended, now_ms)
    }

    /// Failures at these times, and whether the last of them opens it.
    #[test]
    fn failures_in_a_row_and_in_a_short_time_open_it() {
        use Ended::{Badly, Neither, Well};
        for (turns, opens) in [
            (vec![(Badly, 0), (Badly, 1), (Badly, 2)], true),
            (vec![(Badly, 0), (Badly, 1)], false),
            (vec![(Badly, 0), (Badly, 50), (Badly, 100)], true),
            (vec![(Badly, 0), (Badly, 50), (Badly, 101)], false),
            (vec![(Badly, 0), (Badly, 1), (Well, 2), (Badly, 3)], false),
            (vec![(Badly, 0), (Badly, 1), (Neither, 2), (Badly, 3)], true),
        ] {
            let breaker = Breaker::default();
            let mut changes = Vec::new();
            for (ended, now_ms) in &turns {
                changes.extend(turn(&breaker, *ended, *now_ms));
            }
            let opened = [BreakerState::Open { left_ms: 50 }];
            assert_eq!(changes, opened[..usize::from(opens)], "{turns:?}");
        }
    }

    fn opened() -> Breaker {
        let breaker = Breaker::default();
        for now_ms in 0..3 {
            turn(&breaker, Ended::Badly, now_ms);
        }
        breaker
    }

    #[test]
    fn one_trial_closes_it_or_opens_it_again() {
        let breaker = opened();
        assert_eq!(breaker.admit(&LIMITS, 12), Err(40));
        assert_eq!(breaker.look(12), Err(40));
        assert_eq!(breaker.look(52), Ok(()), "looking is no trial");
        let trial = breaker.admit(&LIMITS, 52).expect("a trial");
        assert_eq!(breaker.admit(&LIMITS, 53), Err(49), "one at a time");
        assert_eq!(breaker.view(53), BreakerState::HalfOpen);
        let change = breaker.ended(&LIMITS, trial, Ended::Badly, 60);
        assert_eq!(change, Some(BreakerState::Open { left_ms: 50 }));
        assert_eq!(breaker.admit(&LIMITS, 109), Err(1));
        let closed = BreakerState::Closed { failures: 0 };
        assert_eq!(turn(&breaker, Ended::Well, 110), Some(closed));
        assert_eq!(turn(&breaker, Ended::Badly, 111), None);
        assert_eq!(breaker.view(111), BreakerState::Closed { failures: 1 });
    }

    #[test]
    fn a_trial_that_tells_nothing_makes_room_for_the_next() {
        let breaker = opened();
        assert_eq!(turn(&breaker, Ended::Neither, 60), None);
        let _lost = breaker.admit(&LIMITS, 61).expect("another trial");
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
            turn(&breaker, Ended::Badly, now_ms);
        }
        assert_eq!(breaker.ended(&LIMITS, early, Ended::Well, 4), None);
        assert_eq!(breaker.admit(&LIMITS, 5), Err(47));
    }

    #[test]
    fn with_no_limit_it_never_opens() {
        let limits = Breaking {
            failures_max: 0,
            ..LIMITS
        };
        let breaker = Breaker::default();
        for now_ms in 0..100 {
            let pass = breaker.admit(&limits, now_ms).expect("closed");
            assert_eq!(breaker.ended(&limits, pass, Ended::Badly, now_ms), None);
        }
    }
}
