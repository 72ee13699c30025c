//! What each event of an order changes: the list, the metrics, the search for a driver.

use serde::Deserialize;
use serde::de::IgnoredAny;
use silo_sdk::log;

use crate::bindings::types::Status;
use crate::order_event::{OrderEvent, STREAM};
use crate::state::Restaurant;
use crate::{metrics, orders};

/// An alert, which is in the same stream for the manager's screen; there is nothing to do about it
/// here.
#[derive(Deserialize)]
struct ForManager {
    #[serde(rename = "alert")]
    _alert: IgnoredAny,
}

impl Restaurant {
    pub(crate) fn on_order_event(&mut self, payload: &str) {
        let event: OrderEvent = match silo_sdk::json::from_str(payload) {
            Ok(event) => event,
            // Looked at only now, because most events are of orders.
            Err(_) if silo_sdk::json::from_str::<ForManager>(payload).is_ok() => return,
            Err(error) => return log::warn!("an event of {STREAM} is not understood: {error}"),
        };
        orders::note(&event);
        if event.is_move() {
            metrics::count(&mut self.clock, &event);
        }
        match (&event.driver_id, event.status) {
            (None, Status::Ready) => self.find_driver(&event),
            (Some(driver_id), Status::Ready) => self.found_driver(&event.order_id, driver_id),
            _ => self.needs_no_driver(&event.order_id),
        }
    }
}
