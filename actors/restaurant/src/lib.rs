//! A restaurant: where it is, whether it is open, its orders, its drivers and its metrics.
//!
//! - [`state`](crate::state): what is kept of it
//! - [`profile`](crate::profile): setting it up
//! - [`order_event`](crate::order_event): what it hears of an order
//! - [`follow`](crate::follow): what such events change
//! - [`rows`](crate::rows): each row that they change is read once and written once
//! - [`orders`](crate::orders): the list of its orders, by state
//! - [`dispatch`](crate::dispatch): a ready order finds a driver
//! - [`drivers`](crate::drivers): what it knows of its drivers
//! - [`alerts`](crate::alerts): what its manager hears
//! - [`metrics`](crate::metrics): counts and times, by hour and by day

use bindings::types::{
    DriverState, DriverView, Figures, OrderLine, Period, Profile, Refusal, RestaurantState, Status,
};
use bindings::{reminder_events, restaurant, restaurant_queries, stream_events};

mod alerts;
mod dispatch;
mod drivers;
mod follow;
mod metrics;
mod order_event;
mod orders;
mod profile;
mod rows;
mod state;

pub use state::Restaurant;

silo_sdk::actor! { state: Restaurant }
silo_sdk::manifest!({
    "calls": ["driver.*", "inventory.*", "kitchen.*"],
    "publishes": ["restaurant-orders"],
    "reminders": true
});

#[silo_sdk::commands]
impl restaurant::Guest for Restaurant {
    fn configure(&mut self, profile: Profile) -> Result<RestaurantState, Refusal> {
        self.set_up(profile)
    }

    fn set_open(&mut self, open: bool) -> Result<RestaurantState, Refusal> {
        self.open(open)
    }

    fn driver_changed(&mut self, driver: DriverState) -> Result<(), Refusal> {
        self.know(driver);
        Ok(())
    }

    fn offer_rejected(&mut self, order_id: String, driver_id: String) -> Result<(), Refusal> {
        self.rejected(&order_id, &driver_id);
        Ok(())
    }
}

#[silo_sdk::queries]
impl restaurant_queries::Guest for Restaurant {
    fn get(&self) -> Result<RestaurantState, Refusal> {
        self.state
            .clone()
            .map(profile::in_full)
            .ok_or_else(state::unknown)
    }

    fn orders(&self, status: Option<Status>, after: Option<String>, limit: u32) -> Vec<OrderLine> {
        orders::page(status, after.as_deref(), limit)
    }

    fn drivers(&self) -> Vec<DriverView> {
        drivers::all()
    }

    fn metrics(&self) -> Figures {
        metrics::now(self)
    }

    fn hours(&self, limit: u32) -> Vec<Period> {
        metrics::hours(limit)
    }

    fn days(&self, limit: u32) -> Vec<Period> {
        metrics::days(limit)
    }
}

#[silo_sdk::commands]
impl stream_events::Guest for Restaurant {
    fn subscriptions() -> Vec<String> {
        vec![order_event::STREAM.to_owned()]
    }

    fn on_events(&mut self, events: Vec<stream_events::Event>) {
        self.on_order_events(events.iter().map(|event| event.payload.as_str()));
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Restaurant {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        if let Some(order_id) = name.strip_prefix(dispatch::OFFER) {
            self.unanswered(order_id);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
