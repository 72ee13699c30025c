//! What events of orders change: the list, the metrics, the search for a driver.

use serde::Deserialize;
use serde::de::IgnoredAny;
use silo_sdk::entries::Ahead;
use silo_sdk::log;

use crate::bindings::types::Status;
use crate::metrics::{self, Counts};
use crate::order_event::{OrderEvent, STREAM};
use crate::orders;
use crate::state::Restaurant;

/// An alert, which is in the same stream for the manager's screen; there is nothing to do about it
/// here.
#[derive(Deserialize)]
struct ForManager {
    #[serde(rename = "alert")]
    _alert: IgnoredAny,
}

impl Restaurant {
    /// Takes a batch of events, in order. What they say is folded first, so that each row is read
    /// and written once, and counts are reckoned once, however many events are about it; and what
    /// there was is read with one question.
    pub(crate) fn on_order_events<'p>(&mut self, payloads: impl IntoIterator<Item = &'p str>) {
        let events: Vec<OrderEvent> = payloads.into_iter().filter_map(order_event).collect();
        let ahead = orders::ahead(Ahead::default(), &events);
        metrics::ahead(ahead, &mut self.clock, &events).read();
        let (mut list, mut counts) = (orders::Changes::default(), Counts::begin());
        for event in events {
            list.note(&event);
            if event.is_move() {
                counts.count(&mut self.clock, &event);
            }
            // At once, and not folded: which driver is asked depends on who was asked before.
            match (&event.driver_id, event.status) {
                (None, Status::Ready) => self.find_driver(&event),
                (Some(driver_id), Status::Ready) => self.found_driver(&event.order_id, driver_id),
                _ => self.needs_no_driver(&event.order_id),
            }
        }
        list.write();
        counts.write();
    }
}

fn order_event(payload: &str) -> Option<OrderEvent> {
    match silo_sdk::json::from_str(payload) {
        Ok(event) => return Some(event),
        // Looked at only now, because most events are of orders.
        Err(_) if silo_sdk::json::from_str::<ForManager>(payload).is_ok() => {}
        Err(error) => log::warn!("an event of {STREAM} is not understood: {error}"),
    }
    None
}
