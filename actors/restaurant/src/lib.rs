//! A restaurant: where it is, whether it is open, its orders, its drivers and its metrics.
//!
//! - [`state`](crate::state): what is kept of it
//! - [`profile`](crate::profile): setting it up
//! - [`opening`](crate::opening): whether it takes orders, until when and why not
//! - [`order_event`](crate::order_event): what it hears of an order
//! - [`follow`](crate::follow): what such events change
//! - [`rows`](crate::rows): each row that they change is read once and written once
//! - [`orders`](crate::orders): the list of its orders, by state; [`details`](crate::details): what
//!   never changes of them
//! - [`board`](crate::board): what a manager's screen begins with
//! - [`search`](crate::search): looking for an order
//! - [`dispatch`](crate::dispatch): a ready order finds a driver
//! - [`drivers`](crate::drivers): what it knows of its drivers
//! - [`alerts`](crate::alerts): what its manager hears
//! - [`metrics`](crate::metrics): counts and times, by hour and by day
//! - [`durations`](crate::durations): how long each state, chef and driver takes, of
//!   [`times`](crate::times)

use bindings::types::{
    BoardSnapshot, DriverState, DriverView, DurationReport, Figures, FoundOrders, FreeDriver,
    ManagerAlert, OpenOrder, OrderLine, Period, Profile, Refusal, RestaurantDay, RestaurantState,
    Status,
};
use bindings::{bounds, reminder_events, restaurant, restaurant_queries, stream_events};
use silo_sdk::context;

mod alerts;
mod board;
mod details;
mod dispatch;
mod drivers;
mod durations;
mod follow;
mod metrics;
mod opening;
mod order_event;
mod orders;
mod profile;
mod rows;
mod search;
mod state;
mod times;

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

    fn set_open(
        &mut self,
        open: bool,
        until: Option<u64>,
        reason: Option<String>,
    ) -> Result<RestaurantState, Refusal> {
        self.open(open, until, reason)
    }

    fn driver_changed(&mut self, driver: DriverState) -> Result<(), Refusal> {
        self.know(driver);
        Ok(())
    }

    fn offer_rejected(&mut self, order_id: String, driver_id: String) -> Result<(), Refusal> {
        self.rejected(&order_id, &driver_id);
        Ok(())
    }

    fn see_alert(&mut self, alert_id: u64, by: String) -> Result<ManagerAlert, Refusal> {
        bounds::see_alert(&by)?;
        alerts::see(alert_id, &by)
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

    fn today(&self) -> RestaurantDay {
        let mut clock = self.clock.clone();
        RestaurantDay {
            begin: clock.day(context::now_ms()).from_ms,
            waiting_drivers: drivers::waiting(),
        }
    }

    fn hours(&self, limit: u32) -> Vec<Period> {
        metrics::hours(limit)
    }

    fn days(&self, limit: u32) -> Vec<Period> {
        metrics::days(limit)
    }

    fn board(&self) -> Result<BoardSnapshot, Refusal> {
        self.show()
    }

    fn open_orders(&self, after: Option<String>, limit: u32) -> Vec<OpenOrder> {
        board::open_orders(after.as_deref(), limit)
    }

    fn find_orders(
        &self,
        text: String,
        status: Option<Status>,
        after: Option<String>,
        limit: u32,
    ) -> FoundOrders {
        search::find(&text, status, after, limit)
    }

    fn free_drivers(&self) -> Vec<FreeDriver> {
        self.free()
    }

    fn alerts(&self, before: Option<u64>, limit: u32) -> Vec<ManagerAlert> {
        alerts::page(before, limit)
    }

    fn durations(&self, days: u32) -> DurationReport {
        self.took(days)
    }
}

#[silo_sdk::commands]
impl stream_events::Guest for Restaurant {
    fn subscriptions() -> Vec<String> {
        vec![order_event::STREAM.to_owned()]
    }

    fn on_events(&mut self, events: Vec<stream_events::Event>) {
        let told = events.iter();
        self.on_order_events(told.map(|event| (event.position, event.payload.as_str())));
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Restaurant {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        if let Some(order_id) = name.strip_prefix(dispatch::OFFER) {
            self.unanswered(order_id);
        } else if name == opening::CLOSE {
            self.close_in_time();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
