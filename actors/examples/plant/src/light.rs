//! A lamp that goes off by itself.

use std::time::Duration;

use silo_sdk::{context, timers};

use crate::Plant;
use crate::bindings::{lamp, lamp_queries, timer_events};

const DARK: &str = "dark";

#[silo_sdk::commands]
impl lamp::Guest for Plant {
    fn light(&mut self, ms: u64) {
        self.lit_until_ms = Some(context::now_ms() + ms);
        timers::set(DARK, Duration::from_millis(ms));
    }
}

#[silo_sdk::commands]
impl timer_events::Guest for Plant {
    fn on_timer(&mut self, name: String) {
        if name == DARK {
            self.lit_until_ms = None;
        }
    }
}

#[silo_sdk::queries]
impl lamp_queries::Guest for Plant {
    fn is_lit(&self) -> bool {
        self.lit_until_ms.is_some()
    }
}

impl Plant {
    /// In memory again: the timer is gone, and the state is not.
    pub(crate) fn wake(&self) {
        if let Some(until_ms) = self.lit_until_ms {
            let left_ms = until_ms.saturating_sub(context::now_ms());
            timers::set(DARK, Duration::from_millis(left_ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use silo_sdk::testing::{Due, Host};

    use super::*;

    #[test]
    fn the_lamp_goes_off_also_after_an_outage() {
        let host = Host::new("plant", "fern");
        let mut fern = Plant::default();
        fern.light(1_000);
        assert!(fern.is_lit());
        // What a silo does that has died: it forgets timers, and wakes the actor.
        timers::cancel(DARK);
        assert!(host.advance(Duration::from_millis(400)).is_empty());
        fern.wake();
        for due in host.advance(Duration::from_millis(600)) {
            let Due::Timer { name, .. } = due else {
                panic!("{due:?} is no timer");
            };
            fern.on_timer(name);
        }
        assert!(!fern.is_lit());
    }
}
