//! The daily report, and when a day ends: at midnight on the restaurant's wall.

use std::time::Duration;

use pizza_local_time::{WallClock, Zone};
use silo_sdk::{context, reminders};

use crate::bindings::types::{DayReport, Refusal};
use crate::refusal::invalid;
use crate::reports;
use crate::state::Inventory;

pub(crate) const DAILY: &str = "daily-inventory-check";
const DAY_MS: u64 = 86_400_000;
/// Reports that one turn writes after an outage; each may be some 50 KB.
const DAYS_A_TURN: u32 = 7;
/// The pause until the next of such turns.
const GO_ON: Duration = Duration::from_secs(1);

/// Has the days end at midnight in this time zone.
///
/// # Errors
/// When there is no such zone.
pub(crate) fn set_time_zone(inventory: &mut Inventory, time_zone: &str) -> Result<(), Refusal> {
    let zone = Zone::named(time_zone);
    let zone = zone.map_err(|unknown| invalid("/timeZone", unknown.to_string()))?;
    if zone.name() == inventory.clock.zone() {
        return Ok(());
    }
    let now = context::now_ms();
    let under_way = match inventory.midnight {
        0 => inventory.clock.day(now),
        midnight => inventory.clock.day(midnight - 1),
    };
    inventory.clock = WallClock::of(&zone);
    if inventory.upkeep {
        // There it may be tomorrow already, and nobody would ask for today again.
        let today = inventory.clock.day(now).number;
        for day in (under_way.number..today).rev().take(DAYS_A_TURN as usize) {
            inventory.report(day);
        }
        inventory.begin_day();
    }
    Ok(())
}

impl Inventory {
    /// Begins with the day that is under way: it is the next to get a report.
    pub(crate) fn begin_day(&mut self) {
        self.midnight = self.clock.day(context::now_ms()).until_ms;
        self.wait_for_midnight();
    }

    /// Sets the reminder for the next midnight. Days have 23 to 25 hours, so each is waited for by
    /// itself.
    fn wait_for_midnight(&self) {
        let left = match self.midnight.saturating_sub(context::now_ms()) {
            0 => GO_ON,
            left_ms => Duration::from_millis(left_ms),
        };
        reminders::set(DAILY, left);
    }

    /// Writes down each day that has ended and has no report yet: after an outage of the silo
    /// there may be several.
    pub(crate) fn end_days(&mut self, due: u64) {
        let now = context::now_ms();
        // An older version has left no midnight; the reminder that rang tells when it was.
        if self.midnight == 0 {
            self.midnight = due.min(now);
        }
        // What is older would be removed at once.
        let oldest = now.saturating_sub(u64::from(reports::DAYS_KEPT) * DAY_MS);
        self.midnight = self.midnight.max(oldest);
        for _ in 0..DAYS_A_TURN {
            if self.midnight > now {
                break;
            }
            let ended = self.clock.day(self.midnight.saturating_sub(1));
            self.report(ended.number);
            self.midnight = self.clock.day(ended.until_ms).until_ms;
        }
        self.wait_for_midnight();
        self.look_after_orders();
        self.warn_when_low();
    }

    fn report(&mut self, day: u32) {
        // Before the report is kept: books that are opened now look for the one before it.
        self.close_books(day);
        let report = DayReport {
            day,
            at: context::now_ms(),
            lines: self.ledger.view(),
        };
        reports::keep(&report);
    }
}
