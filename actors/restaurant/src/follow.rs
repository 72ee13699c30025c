//! What events of orders change: the list, the metrics, the search for a driver.

use serde::Deserialize;
use silo_sdk::entries::Ahead;
use silo_sdk::log;

use crate::bindings::types::Status;
use crate::durations::{self, Taken};
use crate::metrics::{self, Counts};
use crate::order_event::{OrderEvent, STREAM};
use crate::state::Restaurant;
use crate::{alerts, board, orders};

/// What else is in the stream, for the manager's screen: alerts, and what has a kind that is none of
/// an order.
#[derive(Deserialize)]
struct ForManager {
    #[serde(default)]
    at: u64,
    #[serde(default)]
    alert: Option<alerts::Told>,
    #[serde(default)]
    kind: Option<String>,
    /// What somebody has decided, and who says so.
    #[serde(default)]
    about: Option<String>,
    #[serde(default)]
    by: Option<String>,
}

impl Restaurant {
    /// Takes a batch of events with their positions, in order. What they say is folded first, so
    /// that each row is read and written once, and counts are reckoned once, however many events
    /// are about it; and what there was is read with one question.
    pub(crate) fn on_order_events<'p>(&mut self, told: impl IntoIterator<Item = (u64, &'p str)>) {
        let mut events: Vec<OrderEvent> = Vec::new();
        let (mut heard, mut alerts) = (0, 0);
        for (position, payload) in told {
            heard = position;
            events.extend(order_event(position, payload, &mut alerts));
        }
        alerts::sweep(alerts);
        self.on_orders(&events);
        // What is told from now on has all of them in it.
        board::has_heard(heard);
    }

    fn on_orders(&mut self, events: &[OrderEvent]) {
        if events.is_empty() {
            return;
        }
        let ahead = orders::ahead(Ahead::default(), events);
        let ahead = metrics::ahead(ahead, &mut self.clock, events);
        durations::ahead(ahead, &mut self.clock, events).read();
        let (mut list, mut counts) = (orders::Changes::default(), Counts::begin());
        let mut taken = Taken::begin();
        for event in events {
            let before = list.note(event);
            if event.is_move() {
                counts.count(&mut self.clock, event);
                taken.count(&mut self.clock, event, &before);
            }
            if event.late && !before.late {
                counts.count_late(&mut self.clock, event.at);
            }
            // At once, and not folded: which driver is asked depends on who was asked before.
            match (&event.driver_id, event.status) {
                (None, Status::Ready) => self.find_driver(event),
                (Some(driver_id), Status::Ready) => self.found_driver(&event.order_id, driver_id),
                _ => self.needs_no_driver(&event.order_id),
            }
        }
        list.write();
        counts.write();
        taken.write();
    }
}

/// The event, if it is one of an order; an alert is kept, and counted.
fn order_event(position: u64, payload: &str, alerts: &mut u32) -> Option<OrderEvent> {
    let error = match silo_sdk::json::from_str(payload) {
        Ok(event) => return Some(event),
        Err(error) => error,
    };
    // Looked at only now, because most events are of orders.
    match silo_sdk::json::from_str(payload) {
        Ok(ForManager {
            at,
            alert: Some(alert),
            ..
        }) => {
            alerts::keep(position, at, alert);
            *alerts += 1;
        }
        Ok(ForManager {
            kind: Some(kind),
            about: Some(about),
            by: Some(by),
            ..
        }) if kind == "decided" => alerts::decided(&about, &by),
        Ok(ForManager { kind: Some(_), .. }) => {}
        _ => log::warn!("an event of {STREAM} is not understood: {error}"),
    }
    None
}
