//! Setting the restaurant up. Its inventory and its drivers are told what concerns them.

use silo_sdk::context;

use crate::bindings::bounds;
use crate::bindings::clients::{DriverClient, InventoryClient};
use crate::bindings::types::{Profile, Refusal, RestaurantState};
use crate::{Restaurant, drivers, unknown};

impl Restaurant {
    pub(crate) fn set_up(&mut self, profile: Profile) -> Result<RestaurantState, Refusal> {
        bounds::configure(&profile)?;
        let before = self.state.as_ref();
        let opened_at = before.map_or_else(context::now_ms, |s| s.opened_at);
        let had: Vec<String> = before.map_or_else(Vec::new, |s| s.profile.drivers.clone());
        let restaurant_id = context::key();
        for driver in profile.drivers.iter().filter(|id| !had.contains(id)) {
            DriverClient::of(driver).send_join(&restaurant_id);
        }
        for driver in had.iter().filter(|id| !profile.drivers.contains(id)) {
            DriverClient::of(driver).send_leave(&restaurant_id);
            drivers::forget(driver);
            self.asks_another(driver);
        }
        InventoryClient::of(&restaurant_id).send_set_open(profile.open);
        let state = RestaurantState {
            restaurant_id,
            profile,
            opened_at,
        };
        self.state = Some(state.clone());
        Ok(state)
    }

    pub(crate) fn open(&mut self, open: bool) -> Result<RestaurantState, Refusal> {
        let state = self.state.as_mut().ok_or_else(unknown)?;
        state.profile.open = open;
        InventoryClient::of(&context::key()).send_set_open(open);
        Ok(state.clone())
    }
}
