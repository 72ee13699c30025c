//! What is kept of a driver between turns, and who hears of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use silo_sdk::context;

use crate::bindings::clients::RestaurantClient;
use crate::bindings::types::{
    Availability, Delivery, DriverState, Location, OfferDetails, Refusal,
};
use crate::refusal::conflict;
use crate::trips::Trip;

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Driver {
    #[serde(rename = "d")]
    pub(crate) state: Option<DriverState>,
    /// Where and when the restaurant last heard of this driver.
    #[serde(rename = "t", default)]
    pub(crate) told: Option<(u64, Location)>,
    /// For whom the driver drives besides the restaurant that asked last.
    #[serde(rename = "r", default)]
    pub(crate) others: BTreeSet<String>,
    /// Since when they work.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<u64>,
    /// What else is known of the offer that they have, or had last.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub(crate) details: Option<OfferDetails>,
    /// The way that they have come with their order.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub(crate) trip: Option<Trip>,
    /// For which restaurant they carry their order.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(crate) carries_for: Option<String>,
    /// When they were where the restaurants' screens were told last that they are.
    #[serde(rename = "p", default)]
    pub(crate) shown_at: u64,
    /// When a position came last; 0 where an older module has taken it. A phone's own clock says nothing
    /// of that, and what it has kept is older than its sign of life.
    #[serde(rename = "h", default)]
    pub(crate) heard_at: u64,
}

impl Driver {
    pub(crate) fn known(&self) -> Result<DriverState, Refusal> {
        let unknown = || Refusal::NotFound(format!("there is no driver {}", context::key()));
        self.state.clone().ok_or_else(unknown)
    }

    /// A driver whom nobody has heard of is offline.
    pub(crate) fn view(&self) -> DriverState {
        self.state.clone().unwrap_or_else(|| DriverState {
            driver_id: context::key(),
            status: Availability::Offline,
            location: None,
            located_at: None,
            motion: None,
            order_id: None,
            delivered: 0,
            restaurant_id: None,
            offer: None,
            lost_signal: false,
        })
    }

    pub(crate) fn keep(&mut self, state: DriverState) -> DriverState {
        self.state = Some(state.clone());
        state
    }

    pub(crate) fn drives_for(&self, restaurant_id: &str) -> bool {
        let last = self.state.as_ref().and_then(|s| s.restaurant_id.as_deref());
        last == Some(restaurant_id) || self.others.contains(restaurant_id)
    }

    /// A driver may take an order that they carry already, or when they are free and drive for
    /// the order's restaurant.
    ///
    /// # Errors
    /// With what is in the way.
    pub(crate) fn may_take(&self, order_id: &str, restaurant_id: &str) -> Result<(), Refusal> {
        let state = self.known()?;
        if state.order_id.as_deref() == Some(order_id) {
            return Ok(());
        }
        let driver_id = &state.driver_id;
        if !self.drives_for(restaurant_id) {
            let message = format!("{driver_id} does not drive for {restaurant_id}");
            return Err(conflict(&message, &state, &[]));
        }
        if state.status != Availability::Available {
            let message = format!("{driver_id} is not available");
            return Err(conflict(&message, &state, &["available"]));
        }
        Ok(())
    }

    /// The driver as a restaurant may know them: what another one offers them, or has them carry, and
    /// where they are with it, leads to that one's customers.
    pub(crate) fn as_known_to(&self, restaurant_id: &str, state: &DriverState) -> DriverState {
        let mut known = state.clone();
        let is_others = |offer: &mut Delivery| offer.restaurant_id != restaurant_id;
        known.offer.take_if(is_others);
        if self.carries_for_other_than(restaurant_id, state) {
            known.order_id = None;
            known.location = None;
            known.located_at = None;
            known.motion = None;
        }
        known
    }

    pub(crate) fn carries_for_other_than(&self, restaurant_id: &str, state: &DriverState) -> bool {
        let is_other = match &self.carries_for {
            Some(carries_for) => carries_for != restaurant_id,
            // An older module has not kept whose order it is: it is nobody else's where they drive
            // for one alone, and otherwise nobody is told.
            None => !self.others.is_empty(),
        };
        state.order_id.is_some() && is_other
    }

    /// Keeps the state, and lets the restaurants know of it.
    pub(crate) fn tell(&mut self, state: DriverState) -> DriverState {
        // All of them: a driver of several is free or busy for each.
        for restaurant_id in state.restaurant_id.iter().chain(&self.others) {
            let known = self.as_known_to(restaurant_id, &state);
            RestaurantClient::of(restaurant_id).send_driver_changed(&known);
            self.told = state.location.map(|location| (context::now_ms(), location));
        }
        self.keep(state)
    }
}
