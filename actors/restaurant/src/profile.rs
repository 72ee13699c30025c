//! Setting the restaurant up. Its inventory and its drivers are told what concerns them.

use pizza_local_time::{UnknownZone, WallClock, Zone};
use silo_sdk::{context, json, streams};

use crate::bindings::bounds;
use crate::bindings::clients::{DriverClient, InventoryClient};
use crate::bindings::types::{Profile, Refusal, RestaurantState, Violation};
use crate::drivers;
use crate::order_event::STREAM;
use crate::state::Restaurant;

impl Restaurant {
    pub(crate) fn set_up(&mut self, mut profile: Profile) -> Result<RestaurantState, Refusal> {
        let mut violations = match bounds::configure(&profile) {
            Err(Refusal::Invalid(found)) => found,
            checked => checked.map(|()| Vec::new())?,
        };
        // Besides the bounds, so that all mistakes are told at once.
        let zone = profile
            .time_zone
            .as_deref()
            .map_or(Ok(Zone::utc()), Zone::named);
        let zone = zone.map_err(|unknown| violations.push(wrong_zone(&unknown)));
        let Some(zone) = zone.ok().filter(|_| violations.is_empty()) else {
            return Err(Refusal::Invalid(violations));
        };
        profile.time_zone = Some(zone.name().to_owned());
        if self.clock.zone() != zone.name() {
            self.clock = WallClock::of(&zone);
        }
        let before = self.state.as_ref();
        let opened_at = before.map_or_else(context::now_ms, |s| s.opened_at);
        let had: Vec<String> = before.map_or_else(Vec::new, |s| s.profile.drivers.clone());
        let restaurant_id = context::key();
        // Only who is new hears of it: to join again would make this restaurant their last one.
        for driver in profile.drivers.iter().filter(|id| !had.contains(id)) {
            DriverClient::of(driver).send_join(&restaurant_id);
        }
        for driver in had.iter().filter(|id| !profile.drivers.contains(id)) {
            DriverClient::of(driver).send_leave(&restaurant_id);
            drivers::forget(driver);
            self.asks_another(driver);
        }
        let inventory = InventoryClient::of(&restaurant_id);
        // The inventory refuses orders of a closed restaurant, so that the order asks one actor
        // and not two.
        inventory.send_set_open(profile.open);
        inventory.send_set_time_zone(zone.name());
        let (open_until, closed_reason) = self.opening_after(&profile);
        let state = RestaurantState {
            restaurant_id,
            profile,
            opened_at,
            open_until,
            closed_reason,
        };
        tell(&state);
        self.state = Some(state.clone());
        Ok(state)
    }
}

/// To the manager's screens.
pub(crate) fn tell(state: &RestaurantState) {
    let changed = json::json!({
        "kind": "restaurant", "at": context::now_ms(), "restaurant": state,
    });
    streams::publish(STREAM, &context::key(), &changed);
}

/// What was set up before there were time zones has UTC, like what names none.
pub(crate) fn in_full(mut state: RestaurantState) -> RestaurantState {
    let zone = &mut state.profile.time_zone;
    zone.get_or_insert_with(|| Zone::utc().name().to_owned());
    state
}

fn wrong_zone(unknown: &UnknownZone) -> Violation {
    Violation {
        pointer: "/profile/timeZone".to_owned(),
        message: unknown.to_string(),
    }
}
