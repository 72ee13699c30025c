//! A ready order finds a driver: the nearest is asked first, and after a refusal or a
//! minute of silence the next.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;
use silo_sdk::{context, log, reminders};

use crate::bindings::clients::DriverClient;
use crate::bindings::types::{Delivery, Location, OfferDetails};
use crate::drivers;
use crate::order_event::OrderEvent;
use crate::state::Restaurant;

/// What begins the name of an order's reminder; the order's id follows.
pub(crate) const OFFER: &str = "offer.";
/// How long a driver has to answer an offer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How many waiting orders one free driver is tried for.
const TRIED_MAX: u32 = 50;

/// The orders that wait for a driver, by their ids.
const WAITING: Table<Waiting> = Table::new("w");

#[derive(Serialize, Deserialize)]
struct Waiting {
    #[serde(rename = "t")]
    deliver_to: Option<Location>,
    #[serde(rename = "o")]
    offered_to: Option<String>,
    /// The drivers who were asked in this round.
    #[serde(rename = "a")]
    asked: Vec<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pizzas: Option<u32>,
}

impl Restaurant {
    pub(crate) fn find_driver(&mut self, event: &OrderEvent) {
        // Events of a ready order come again, with each change of its estimate.
        if WAITING.get(&event.order_id).is_some() {
            return;
        }
        self.waiting += 1;
        let waiting = Waiting {
            deliver_to: event.deliver_to,
            offered_to: None,
            asked: Vec::new(),
            pizzas: event.pizzas,
        };
        self.ask_next(&event.order_id, waiting);
    }

    /// Ends the search: somebody carries the order, by an offer or by hand.
    pub(crate) fn found_driver(&mut self, order_id: &str, driver_id: &str) {
        if let Some(waiting) = WAITING.get(order_id)
            && let Some(offered_to) = waiting.offered_to
        {
            drivers::set_offered(&offered_to, None);
            // The one who took it by hand need not be the one who was asked.
            if offered_to != driver_id {
                DriverClient::of(&offered_to).send_withdraw(order_id);
            }
        }
        self.settle(order_id);
    }

    pub(crate) fn needs_no_driver(&mut self, order_id: &str) {
        // Most events are of orders that wait for nobody, and are not looked up.
        if self.waiting == 0 {
            return;
        }
        if let Some(waiting) = WAITING.get(order_id)
            && let Some(offered_to) = waiting.offered_to
        {
            DriverClient::of(&offered_to).send_withdraw(order_id);
            drivers::set_offered(&offered_to, None);
        }
        self.settle(order_id);
    }

    fn settle(&mut self, order_id: &str) {
        if WAITING.get(order_id).is_some() {
            WAITING.remove(order_id);
            self.waiting = self.waiting.saturating_sub(1);
            reminders::cancel(&format!("{OFFER}{order_id}"));
        }
    }

    pub(crate) fn rejected(&mut self, order_id: &str, driver_id: &str) {
        drivers::set_offered(driver_id, None);
        // Only the refusal of the one who is asked now counts: another may be late.
        if let Some(waiting) = WAITING.get(order_id)
            && waiting.offered_to.as_deref() == Some(driver_id)
        {
            self.ask_next(order_id, waiting);
        }
    }

    /// A driver has left: what was offered to them is offered to somebody else.
    pub(crate) fn asks_another(&mut self, driver_id: &str) {
        for order_id in WAITING.keys(None, TRIED_MAX) {
            self.rejected(&order_id, driver_id);
        }
    }

    /// A minute has passed without an answer, or without anybody to ask: the next one is asked.
    pub(crate) fn unanswered(&mut self, order_id: &str) {
        let Some(mut waiting) = WAITING.get(order_id) else {
            return;
        };
        match &waiting.offered_to {
            Some(driver_id) => {
                log::info!("{driver_id} did not answer for {order_id}");
                DriverClient::of(driver_id).send_withdraw(order_id);
                drivers::set_offered(driver_id, None);
            }
            // Everybody has been asked once: from the beginning.
            None => waiting.asked.clear(),
        }
        self.ask_next(order_id, waiting);
    }

    /// A driver has become free, or has come nearer: what waits is offered again.
    pub(crate) fn ask_again(&mut self) {
        if self.waiting == 0 {
            return;
        }
        for order_id in WAITING.keys(None, TRIED_MAX) {
            // Whoever has declined is asked again when the minute is over. It is not begun anew
            // by each position of theirs, or it would never be.
            if let Some(waiting) = WAITING.get(&order_id)
                && waiting.offered_to.is_none()
                && self.next_for(&waiting).is_some()
            {
                self.ask_next(&order_id, waiting);
            }
        }
    }

    fn next_for(&self, waiting: &Waiting) -> Option<String> {
        let state = self.state.as_ref()?;
        drivers::nearest(&state.profile.location, context::now_ms(), &waiting.asked)
    }

    fn ask_next(&self, order_id: &str, mut waiting: Waiting) {
        let Some(state) = &self.state else {
            return;
        };
        let (pick_up, now) = (state.profile.location, context::now_ms());
        waiting.offered_to = self.next_for(&waiting);
        if let Some(driver_id) = &waiting.offered_to {
            let delivery = Delivery {
                order_id: order_id.to_owned(),
                restaurant_id: state.restaurant_id.clone(),
                pick_up,
                deliver_to: waiting.deliver_to,
                expires_at: now + u64::try_from(ANSWER_WITHIN.as_millis()).unwrap_or(u64::MAX),
            };
            let details = OfferDetails {
                offered_at: now,
                restaurant_name: Some(state.profile.name.clone()),
                pick_up_address: state.profile.address.clone(),
                pizzas: waiting.pizzas,
            };
            DriverClient::of(driver_id).send_offer(&delivery, Some(&details));
            // Noted at once, so that the next order of this turn asks somebody else.
            drivers::set_offered(driver_id, Some(order_id));
            waiting.asked.push(driver_id.clone());
        }
        // Also when nobody is free: in a minute somebody may be.
        WAITING.insert(order_id, &waiting);
        reminders::set(&format!("{OFFER}{order_id}"), ANSWER_WITHIN);
    }
}
