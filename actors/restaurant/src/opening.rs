//! Whether the restaurant takes orders, until when, and why it does not.

use std::time::Duration;

use silo_sdk::{context, reminders};

use crate::bindings::bounds;
use crate::bindings::clients::InventoryClient;
use crate::bindings::types::{Profile, Refusal, RestaurantState, Violation};
use crate::profile::{in_full, tell};
use crate::state::{Restaurant, unknown};

/// The reminder of a restaurant that closes by itself.
pub(crate) const CLOSE: &str = "close";
/// How far ahead that may be, in milliseconds: a year, which is within what reminders take.
const AHEAD_MS: u64 = 366 * 86_400_000;

impl Restaurant {
    pub(crate) fn open(
        &mut self,
        open: bool,
        until: Option<u64>,
        reason: Option<String>,
    ) -> Result<RestaurantState, Refusal> {
        bounds::set_open(&reason)?;
        let now = context::now_ms();
        let violations = mistakes(open, until, reason.as_deref(), now);
        if !violations.is_empty() {
            return Err(Refusal::Invalid(violations));
        }
        let state = self.state.as_mut().ok_or_else(unknown)?;
        match until {
            Some(until) => reminders::set(CLOSE, Duration::from_millis(until - now)),
            None if state.open_until.is_some() => reminders::cancel(CLOSE),
            None => {}
        }
        state.profile.open = open;
        state.open_until = until;
        state.closed_reason = reason.filter(|reason| !reason.is_empty());
        InventoryClient::of(&context::key()).send_set_open(open);
        let state = in_full(state.clone());
        tell(&state);
        Ok(state)
    }

    /// The time has come until which it was open, unless somebody has said otherwise since.
    pub(crate) fn close_in_time(&mut self) {
        let Some(state) = &mut self.state else {
            return;
        };
        let Some(until) = state.open_until.filter(|_| state.profile.open) else {
            return;
        };
        let now = context::now_ms();
        if until > now {
            // The silo where it fired may have a date that is behind. A reminder fires once, so
            // without another one nobody would ever close.
            let left_ms = (until - now).min(AHEAD_MS);
            reminders::set(CLOSE, Duration::from_millis(left_ms));
            return;
        }
        state.profile.open = false;
        state.open_until = None;
        InventoryClient::of(&context::key()).send_set_open(false);
        tell(&in_full(state.clone()));
    }

    /// What is left of it when the restaurant is set up anew.
    pub(crate) fn opening_after(&self, profile: &Profile) -> (Option<u64>, Option<String>) {
        let Some(before) = &self.state else {
            return (None, None);
        };
        if before.profile.open == profile.open {
            return (before.open_until, before.closed_reason.clone());
        }
        if before.open_until.is_some() {
            reminders::cancel(CLOSE);
        }
        (None, None)
    }
}

fn mistakes(open: bool, until: Option<u64>, reason: Option<&str>, now: u64) -> Vec<Violation> {
    let violation = |pointer: &str, message: &str| Violation {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    };
    let mut found = Vec::new();
    match until {
        Some(_) if !open => {
            let message = "only a restaurant that opens closes by itself";
            found.push(violation("/until", message));
        }
        Some(until) if until <= now => found.push(violation("/until", "this time is over")),
        Some(until) if until > now.saturating_add(AHEAD_MS) => {
            found.push(violation("/until", "this is more than a year ahead"));
        }
        _ => {}
    }
    if open && reason.is_some() {
        // At this place: the reason itself may be any, and by the document this one is right.
        let message = "a restaurant that opens needs no reason: leave it out, or say false";
        found.push(violation("/open", message));
    }
    found
}
