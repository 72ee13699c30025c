//! An order that stands still is late, and its kitchen is reminded of it.

use std::time::Duration;

use silo_sdk::{config, context, reminders};

use crate::moves;
use crate::notifications::Kind;
use crate::state::Order;

/// Name of the reminder, which is durable.
pub(crate) const CHECK: &str = "check-progress";
/// Without progress for this long, an order is late.
const CHECK_MS: u64 = 600_000;

pub(crate) fn watch() {
    let every = Duration::from_millis(config::parse_or("check-ms", CHECK_MS));
    // One check tells as much as ten: those that an outage has swallowed are not made up for.
    reminders::set_periodic(CHECK, every, every, reminders::Missed::Last);
}

pub(crate) fn stop_watching() {
    reminders::cancel(CHECK);
}

impl Order {
    /// An order that has not moved since the last check is late.
    pub(crate) fn check_progress(&mut self) {
        let Some(mut order) = self.order.clone() else {
            return;
        };
        if moves::is_end(order.status) {
            stop_watching();
            return;
        }
        // Every change raises the version, so the same one means that nothing has happened.
        if order.version == self.checked {
            order.late = true;
            order.updated_at = context::now_ms();
            self.touch(&mut order, Kind::Status);
            // Once it is ready, the kitchen has no part in the delay.
            if moves::is_kitchens(order.status) {
                self.hand_back(&order);
            }
        }
        self.checked = order.version;
    }
}
