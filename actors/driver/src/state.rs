//! What is kept of a driver between turns, and who hears of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use silo_sdk::context;

use crate::bindings::clients::RestaurantClient;
use crate::bindings::types::{Availability, DriverState, Location, Refusal};
use crate::refusal::conflict;

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

    /// Keeps the state, and lets the restaurants know of it.
    pub(crate) fn tell(&mut self, state: DriverState) -> DriverState {
        // All of them: a driver of several is free or busy for each.
        for restaurant_id in state.restaurant_id.iter().chain(&self.others) {
            RestaurantClient::of(restaurant_id).send_driver_changed(&state);
            self.told = state.location.map(|location| (context::now_ms(), location));
        }
        self.keep(state)
    }
}
