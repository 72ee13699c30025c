//! What others hear of a driver: the driver's own screen, and those of the restaurants.

use serde::Serialize;
use silo_sdk::{context, streams};

use crate::bindings::types::{Availability, DriverDuty, DriverState, Location, Status, Trouble};
use crate::state::Driver;

/// By driver: what the driver's screen follows.
const EVENTS: &str = "driver-events";
/// By restaurant: what the manager's screen follows.
const OF_RESTAURANT: &str = "restaurant-orders";
/// Screens draw no two places of a driver that are nearer in time.
const SHOWN_EVERY_MS: u64 = 1_000;

/// What has happened; each is told with how the driver is now.
#[derive(Clone, Copy, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(crate) enum News<'a> {
    /// They may take an order.
    Offer { order_id: &'a str },
    /// They may not take it any more.
    Withdrawn { order_id: &'a str, reason: Gone },
    /// They have an order.
    Assigned { order_id: &'a str },
    /// Their order has moved on.
    Order {
        order_id: &'a str,
        status: Status,
        version: u64,
    },
    /// They do not have it any more.
    Released { order_id: &'a str, reason: Ended },
    /// They begin or end to work, for whom they do, or are not heard any more.
    Duty,
}

/// Where an offer went.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Gone {
    /// Nobody answered.
    Expired,
    /// Somebody else has the order, or it needs nobody.
    Taken,
    Declined,
}

/// Where an order went.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Ended {
    Delivered,
    /// To another driver.
    Given,
    /// Back to the restaurant.
    Returned,
}

#[derive(Serialize)]
struct DriverEvent<'a> {
    at: u64,
    #[serde(flatten)]
    news: News<'a>,
    driver: DriverDuty,
}

#[derive(Serialize)]
struct StateEvent<'a> {
    kind: &'static str,
    at: u64,
    driver: Shown<'a>,
}

/// A driver as the restaurant's screens show them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    driver_id: &'a str,
    status: Availability,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    located_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offered_order_id: Option<&'a str>,
    lost_signal: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PositionEvent<'a> {
    kind: &'static str,
    at: u64,
    driver_id: &'a str,
    location: Location,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
}

impl Driver {
    /// Tells the screens what has happened, and how the driver is now.
    pub(crate) fn announce(&self, news: News<'_>, state: &DriverState) {
        let at = context::now_ms();
        let driver = self.on_duty(state);
        streams::publish(EVENTS, &state.driver_id, &DriverEvent { at, news, driver });
        // The order itself tells its restaurant where it is, and nothing else has changed.
        if matches!(news, News::Order { .. }) {
            return;
        }
        for restaurant_id in self.restaurants(state) {
            let known = self.as_known_to(restaurant_id, state);
            let event = StateEvent {
                kind: "driver-state",
                at,
                driver: shown(&known),
            };
            streams::publish(OF_RESTAURANT, restaurant_id, &event);
        }
    }

    /// Tells the restaurants' screens where a driver is who works, but not too often.
    pub(crate) fn show(&mut self, location: Location, state: &DriverState) {
        let at = state.located_at.unwrap_or_else(context::now_ms);
        // By when they were there, not by when that came: of what a phone has kept and tells at
        // once, the last is where they are. A time that was set back is no reason to be silent.
        let passed = at.checked_sub(self.shown_at);
        let is_soon = passed.is_some_and(|ms| ms < SHOWN_EVERY_MS);
        if is_soon || state.status == Availability::Offline {
            return;
        }
        self.shown_at = at;
        let event = PositionEvent {
            kind: "position",
            at,
            driver_id: &state.driver_id,
            location,
            heading: heading(state),
            order_id: state.order_id.as_deref(),
        };
        let restaurants = self.restaurants(state);
        for restaurant_id in restaurants.filter(|id| !self.carries_for_other_than(id, state)) {
            streams::publish(OF_RESTAURANT, restaurant_id, &event);
        }
    }

    fn restaurants<'a>(&'a self, state: &'a DriverState) -> impl Iterator<Item = &'a String> {
        state.restaurant_id.iter().chain(&self.others)
    }
}

/// Tells the manager of a restaurant why its order does not come to its door.
pub(crate) fn alert(restaurant_id: &str, order_id: &str, trouble: Trouble) {
    let driver_id = context::key();
    let why = match trouble {
        Trouble::Vehicle => "what they drive does not drive",
        Trouble::Accident => "there was an accident",
        Trouble::Address => "the address cannot be found",
        Trouble::Nobody => "nobody opens",
        Trouble::Other => "they have not said why",
    };
    let message =
        format!("{driver_id} cannot deliver {order_id}: {why}. It is offered to others again");
    silo_sdk::log::warn!("{message}");
    let alert = silo_sdk::json::json!({
        "at": context::now_ms(), "alert": {"kind": "cannot-deliver", "message": message},
    });
    streams::publish(OF_RESTAURANT, restaurant_id, &alert);
}

fn shown(state: &DriverState) -> Shown<'_> {
    Shown {
        driver_id: &state.driver_id,
        status: state.status,
        location: state.location,
        located_at: state.located_at,
        heading: heading(state),
        order_id: state.order_id.as_deref(),
        offered_order_id: state.offer.as_ref().map(|offer| &*offer.order_id),
        lost_signal: state.lost_signal,
    }
}

fn heading(state: &DriverState) -> Option<f64> {
    state.motion.and_then(|motion| motion.heading)
}
