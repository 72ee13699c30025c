//! An order, from the customer's wish to the door.
//!
//! - [`state`](crate::state): what is kept of it
//! - [`moves`]: the states and the legal moves
//! - [`check`]: what a wish must look like
//! - [`eta`]: when the pizza arrives
//! - [`custody`]: who has it while it is made
//! - [`refusal`](crate::refusal): how it declines
//! - [`notifications`]: what others hear of it
//! - [`timeline`](crate::timeline): the steps that it has taken
//! - [`create`](crate::create): how it begins
//! - [`change`](crate::change): how it moves on
//! - [`cooking`](crate::cooking): the steps of a chef
//! - [`driver`](crate::driver): who carries it
//! - [`progress`](crate::progress): when it is late
//! - `layout`: a second layout of the state, for tests of swaps

use bindings::types::{
    CookStep, Location, NewOrder, OrderState, Refusal, RemakeReason, Status, Step,
};
use bindings::{bounds, order, order_queries, reminder_events};
use refusal::unknown;

mod change;
pub mod check;
mod cooking;
mod create;
pub mod custody;
mod driver;
pub mod eta;
#[cfg(feature = "layout-2")]
mod layout;
pub mod moves;
pub mod notifications;
mod progress;
mod refusal;
mod state;
mod timeline;

pub use state::Order;

silo_sdk::actor! { state: Order }
silo_sdk::manifest!({
    "calls": ["driver.*", "inventory.*", "route.*"],
    "publishes": ["order-events", "restaurant-orders", "kitchen-orders"],
    "config": true,
    "reminders": true
});

#[silo_sdk::commands]
impl order::Guest for Order {
    fn create(&mut self, order: NewOrder) -> Result<OrderState, Refusal> {
        self.begin(order)
    }

    fn update_status(
        &mut self,
        status: Status,
        expected: Option<u64>,
        from: Option<Status>,
    ) -> Result<OrderState, Refusal> {
        self.has_version(expected)?;
        self.is_still_at(from, status)?;
        if let Some(order) = self.begun_again(from, status) {
            return Ok(order);
        }
        self.move_to(status)
    }

    fn cook(&mut self, step: CookStep, round: u32) -> Result<OrderState, Refusal> {
        self.cooked(step, round)
    }

    fn burn(&mut self, reason: RemakeReason) -> Result<OrderState, Refusal> {
        self.burns(reason)
    }

    fn requeue(&mut self) -> Result<OrderState, Refusal> {
        self.goes_back()
    }

    fn assign_driver(
        &mut self,
        driver_id: String,
        expected: Option<u64>,
    ) -> Result<OrderState, Refusal> {
        bounds::assign_driver(&driver_id)?;
        self.has_version(expected)?;
        self.give_to(&driver_id)
    }

    fn driver_declined(&mut self, driver_id: String) -> Result<OrderState, Refusal> {
        self.take_from(&driver_id)
    }

    fn give_back(&mut self) -> Result<OrderState, Refusal> {
        self.comes_back()
    }

    fn update_driver_location(
        &mut self,
        driver_id: String,
        location: Location,
        at: u64,
    ) -> Result<OrderState, Refusal> {
        self.driver_is_at(&driver_id, location, at)
    }

    fn confirm_delivery(&mut self, expected: Option<u64>) -> Result<OrderState, Refusal> {
        self.has_version(expected)?;
        self.move_to(Status::Delivered)
    }

    fn cancel(
        &mut self,
        reason: Option<String>,
        expected: Option<u64>,
    ) -> Result<OrderState, Refusal> {
        bounds::cancel(&reason)?;
        self.has_version(expected)?;
        if let Some(reason) = reason {
            silo_sdk::log::info!("cancelled: {reason}");
        }
        self.move_to(Status::Cancelled)
    }
}

#[silo_sdk::queries]
impl order_queries::Guest for Order {
    fn get(&self) -> Result<OrderState, Refusal> {
        self.order.clone().ok_or_else(unknown)
    }

    fn timeline(&self) -> Result<Vec<Step>, Refusal> {
        self.order.as_ref().ok_or_else(unknown)?;
        Ok(timeline::all())
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Order {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        if name == progress::CHECK {
            self.check_progress();
        }
    }
}
