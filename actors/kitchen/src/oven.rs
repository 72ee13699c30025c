//! Oven readings, and what ovens complain of.

use silo_sdk::bounds::printable;
use silo_sdk::context;

use crate::bindings::bounds;
use crate::bindings::clients::ChefClient;
use crate::bindings::types::{OvenReading, Refusal, Violation};
use crate::screen::{Change, judged, tell};
use crate::state::Kitchen;

/// The most ovens of a kitchen: all of them are in its state.
const OVENS_MAX: usize = 50;

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
            // How hot it should be may be set anew: it is not kept, but said with each answer.
            min: None,
            max: None,
            is_too_hot: None,
        };
        tell(Change::Oven(&judged(&reading)));
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
        let source = context::caller().map(|caller| caller.to_string());
        self.note(kind, &message, source);
        Ok(())
    }
}

fn invalid(pointer: &str, message: &str) -> Refusal {
    Refusal::Invalid(vec![Violation {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    }])
}
