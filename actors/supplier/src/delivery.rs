//! An accepted order is shipped at half of its time and delivered at the end of it, in as
//! many deliveries as it takes. Each step has a reminder of its own name, so that none
//! can be taken for another.

use std::time::Duration;

use silo_sdk::entries::Table;
use silo_sdk::{context, reminders};

use crate::bindings::types::Stage;
use crate::purchase::{PURCHASES, Row};
use crate::state::Supplier;

/// Number to key, of the orders that are on their way.
const UNDER_WAY: Table<String> = Table::new("u");
/// The step at which an order is shipped; the deliveries come after it.
const SHIPS: u32 = 0;

pub(crate) fn schedule(row: &Row) {
    UNDER_WAY.insert(&row.number.to_string(), &row.key());
    arm(row, SHIPS, row.lead_ms / 2);
}

impl Supplier {
    /// A reminder says which order, and which of its steps.
    pub(crate) fn next_step(&mut self, name: &str) {
        let Some((number, step)) = parse(name) else {
            return;
        };
        let key = UNDER_WAY.get(&number.to_string());
        // It was cancelled.
        let Some(mut row) = key.and_then(|key| PURCHASES.get(&key)) else {
            return;
        };
        match (row.stage, step) {
            (Stage::Accepted, SHIPS) => {
                row.stage = Stage::Shipped;
                row.keep();
                row.tell();
                // No longer than the rest of its way, also when the date was set back.
                let rest_ms = row.lead_ms - row.lead_ms / 2;
                let left_ms = row.due_at.saturating_sub(context::now_ms());
                arm(&row, 1, left_ms.min(rest_ms));
            }
            (Stage::Shipped, step) if step == row.deliveries + 1 => self.deliver(row),
            // Done before: a reminder may come again.
            _ => {}
        }
    }

    fn deliver(&mut self, mut row: Row) {
        let number = row.deliveries + 1;
        let is_last = row.lot.saturating_mul(number) >= row.quantity;
        if is_last && row.doomed {
            "the delivery was lost on its way".clone_into(&mut row.reason);
            return self.fail(row);
        }
        row.deliveries = number;
        row.due_at = context::now_ms() + row.lead_ms;
        row.tell_delivery(number);
        if is_last {
            self.delivered += 1;
            row.stage = Stage::Delivered;
            self.end(&row);
        } else {
            row.keep();
            arm(&row, number + 1, row.lead_ms);
        }
    }
}

/// No reminder of an order that has ended has anything left to do.
pub(crate) fn forget(row: &Row) {
    UNDER_WAY.remove(&row.number.to_string());
    reminders::cancel(&name(row.number, SHIPS));
}

fn arm(row: &Row, step: u32, delay_ms: u64) {
    let delay = Duration::from_millis(delay_ms.max(1));
    reminders::set(&name(row.number, step), delay);
}

fn name(number: u64, step: u32) -> String {
    format!("order.{number}.{step}")
}

fn parse(name: &str) -> Option<(u64, u32)> {
    let (number, step) = name.strip_prefix("order.")?.split_once('.')?;
    Some((number.parse().ok()?, step.parse().ok()?))
}
