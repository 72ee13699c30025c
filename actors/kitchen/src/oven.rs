//! Oven readings and alerts.

use silo_sdk::bounds::printable;
use silo_sdk::{context, streams};

use crate::bindings::bounds;
use crate::bindings::clients::ChefClient;
use crate::bindings::types::{Alert, OvenReading, Refusal, Violation};
use crate::state::Kitchen;

/// The stream that the restaurant's manager follows.
const DASHBOARD: &str = "restaurant-orders";
/// The most ovens of a kitchen: all of them are in its state.
const OVENS_MAX: usize = 50;
/// How many alerts are kept; older ones are dropped.
const ALERTS_KEPT: usize = 50;

impl Kitchen {
    pub(crate) fn oven_says(
        &mut self,
        oven_id: String,
        temperature: f64,
        timer: Option<u32>,
    ) -> Result<(), Refusal> {
        bounds::report_oven(&oven_id, &temperature)?;
        if !self.ovens.contains_key(&oven_id) && self.ovens.len() >= OVENS_MAX {
            return Err(invalid("/ovenId", "a kitchen has room for 50 ovens"));
        }
        let reading = OvenReading {
            oven_id: oven_id.clone(),
            temperature,
            timer,
            at: context::now_ms(),
        };
        self.ovens.insert(oven_id, reading);
        Ok(())
    }

    /// Takes an alert. An overheated oven burns what is in it.
    pub(crate) fn alarm(&mut self, kind: String, message: String) -> Result<(), Refusal> {
        // An alarm is not refused for its words.
        let (kind, message) = (printable(&kind), printable(&message));
        bounds::report_alert(&kind, &message)?;
        if kind == "overheat" {
            // All are told, since nobody knows who uses which oven; a chef with nothing in one
            // declines.
            let cooking = self.chefs.iter().filter(|(_, chef)| chef.ticket.is_some());
            for (chef_id, _) in cooking {
                ChefClient::of(chef_id).send_burn(&message);
            }
        }
        self.note(kind, message);
        Ok(())
    }

    /// Notes an alert and tells the manager. The newest are kept, oldest first.
    pub(crate) fn note(&mut self, kind: String, message: String) {
        // It may repeat what somebody else said.
        let message = printable(&message);
        let at = context::now_ms();
        let for_manager = silo_sdk::json::json!({
            "at": at, "alert": {"kind": kind, "message": message},
        });
        streams::publish(DASHBOARD, &context::key(), &for_manager);
        self.alerts.push(Alert { kind, message, at });
        let surplus = self.alerts.len().saturating_sub(ALERTS_KEPT);
        self.alerts.drain(..surplus);
    }
}

fn invalid(pointer: &str, message: &str) -> Refusal {
    Refusal::Invalid(vec![Violation {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    }])
}
