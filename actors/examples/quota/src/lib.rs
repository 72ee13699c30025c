//! How many calls a client of an API has left: one actor a client, which all servers of that API
//! ask before they do anything.
//!
//! All of its state is one moment. A call moves it on by the time that the call takes up of the
//! window, so a window never has more calls than its plan, wherever it begins (this is known as the
//! generic cell rate algorithm).

use bindings::types::{Plan, Refusal, Standing};
use bindings::{quota, quota_queries};
use serde::{Deserialize, Serialize};
use silo_sdk::context;

silo_sdk::actor! { state: Quota, wit: ["wit", "../../../wit/silo"] }
silo_sdk::manifest!({ "calls": [], "publishes": [] });

/// What a client has of whom nobody said anything.
const FREE: Plan = Plan {
    calls: 100,
    window_ms: 60_000,
};

#[derive(Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Quota {
    plan: Plan,
    /// When everything that was taken will have come back, in microseconds since 1970: fewer
    /// would round a window of many calls.
    whole_at_us: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            plan: FREE,
            whole_at_us: 0,
        }
    }
}

#[silo_sdk::commands]
impl quota::Guest for Quota {
    fn take(&mut self, calls: u32) -> Result<Standing, Refusal> {
        if calls > self.plan.calls {
            let most = format!("a window has {} calls", self.plan.calls);
            return Err(Refusal::Senseless(most));
        }
        let whole_at_us = self.now_or_whole_us() + u64::from(calls) * self.call_us();
        let full_us = now_us() + self.window_us();
        // To decline is free: the state stays, and nothing but the answer is written.
        if whole_at_us > full_us {
            let wait_ms = (whole_at_us - full_us).div_ceil(1_000);
            return Err(Refusal::Exceeded(wait_ms));
        }
        self.whole_at_us = whole_at_us;
        Ok(self.standing())
    }

    fn set_plan(&mut self, plan: Plan) -> Result<Standing, Refusal> {
        // Each call must take up some of the window, and years in microseconds are still a number.
        let most_ms = 400 * 24 * 3_600_000;
        if plan.calls == 0 || plan.window_ms < u64::from(plan.calls) || plan.window_ms > most_ms {
            let sense = "1 call or more in 400 days at most, and 1 a millisecond at most";
            return Err(Refusal::Senseless(sense.to_owned()));
        }
        self.plan = plan;
        // A shorter window would otherwise begin with more taken than it has.
        let full_us = now_us() + self.window_us();
        self.whole_at_us = self.whole_at_us.min(full_us);
        Ok(self.standing())
    }
}

#[silo_sdk::queries]
impl quota_queries::Guest for Quota {
    fn get(&self) -> Standing {
        self.standing()
    }
}

impl Quota {
    fn standing(&self) -> Standing {
        let taken_us = self.now_or_whole_us() - now_us();
        let left_us = self.window_us().saturating_sub(taken_us);
        let left = (left_us / self.call_us()).min(u64::from(self.plan.calls));
        Standing {
            left: u32::try_from(left).unwrap_or(self.plan.calls),
            plan: self.plan,
        }
    }

    fn now_or_whole_us(&self) -> u64 {
        self.whole_at_us.max(now_us())
    }

    fn window_us(&self) -> u64 {
        self.plan.window_ms * 1_000
    }

    /// What one call takes up of the window.
    fn call_us(&self) -> u64 {
        self.window_us() / u64::from(self.plan.calls)
    }
}

fn now_us() -> u64 {
    context::now_ms() * 1_000
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use std::time::Duration;

    use silo_sdk::testing::Host;

    use super::*;

    fn take(calls: u32) -> Result<u32, Refusal> {
        <Quota as quota::Guest>::take(calls).map(|standing| standing.left)
    }

    #[test]
    fn a_window_has_as_many_calls_as_its_plan_and_they_come_back_one_by_one() {
        let host = Host::new("quota", "acme");
        assert_eq!(take(60), Ok(40));
        assert_eq!(take(41), Err(Refusal::Exceeded(600)), "all or none");
        assert_eq!(take(40), Ok(0));
        let _ = host.advance(Duration::from_millis(599));
        assert_eq!(take(1), Err(Refusal::Exceeded(1)));
        let _ = host.advance(Duration::from_millis(1));
        assert_eq!(take(1), Ok(0));
        let _ = host.advance(Duration::from_secs(3_600));
        assert_eq!(take(0), Ok(100), "and no more than a window has");
        assert!(matches!(take(101), Err(Refusal::Senseless(_))));
    }

    #[test]
    fn a_plan_counts_at_once() {
        let _host = Host::new("quota", "acme");
        assert_eq!(take(100), Ok(0));
        let plan = |calls, window_ms| Plan { calls, window_ms };
        let set = <Quota as quota::Guest>::set_plan;
        assert!(set(plan(0, 1_000)).is_err() && set(plan(2, 1)).is_err());
        assert_eq!(set(plan(2, 10)).unwrap().left, 0);
        assert_eq!(take(1), Err(Refusal::Exceeded(5)));
    }
}
