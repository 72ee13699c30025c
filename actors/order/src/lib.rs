//! An order, from the customer's wish to the door.
//!
//! - [`moves`]: the states and the legal moves
//! - [`check`]: what a wish must look like
//! - [`eta`]: when the pizza arrives
//! - [`hands`]: who has it while it is made
//! - [`create`](crate::create), [`change`](crate::change): how an order begins and moves on
//! - [`news`]: what others hear of it
//! - `layout`: a second layout of the state, for tests of swaps

use bindings::types::{CookStep, Location, NewOrder, OrderState, Refusal, Status, Step};
use bindings::{bounds, order, order_queries, reminder_events};
use serde::{Deserialize, Serialize};
use silo_sdk::context;
use silo_sdk::entries::Table;

mod change;
pub mod check;
mod create;
pub mod eta;
pub mod hands;
#[cfg(feature = "layout-2")]
mod layout;
pub mod moves;
pub mod news;

silo_sdk::actor! { state: Order }
silo_sdk::manifest!({
    "calls": ["driver.*", "inventory.*"],
    "publishes": ["order-events", "restaurant-orders", "kitchen-orders"],
    "config": true,
    "reminders": true
});

pub(crate) const CHECK: &str = "check-progress";
/// By version, so in order.
pub(crate) const TIMELINE: Table<Step> = Table::new("t");

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(not(feature = "layout-2"), silo_sdk::state(schema = 1))]
#[cfg_attr(
    feature = "layout-2",
    silo_sdk::state(schema = 2, migrate = layout::from_older)
)]
pub struct Order {
    #[serde(rename = "o")]
    order: Option<OrderState>,
    /// The version at the last check; an order that still has it then is late.
    #[serde(rename = "c", default)]
    checked: u64,
    /// Who makes it.
    #[serde(rename = "h", default)]
    hands: hands::Hands,
    /// What the first layout has not.
    #[cfg(feature = "layout-2")]
    #[serde(rename = "l")]
    layout: layout::Marked,
}

#[silo_sdk::commands]
impl order::Guest for Order {
    fn create(&mut self, order: NewOrder) -> Result<OrderState, Refusal> {
        self.begin(order)
    }

    fn update_status(
        &mut self,
        status: Status,
        expected: Option<u64>,
    ) -> Result<OrderState, Refusal> {
        self.has_version(expected)?;
        self.move_to(status)
    }

    fn cook(&mut self, step: CookStep, round: u32) -> Result<OrderState, Refusal> {
        self.cooked(step, round)
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
        let versions = TIMELINE.keys(None, 1_000);
        Ok(versions
            .iter()
            .filter_map(|version| TIMELINE.get(version))
            .collect())
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Order {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        if name == CHECK {
            self.check_progress();
        }
    }
}

pub(crate) fn unknown() -> Refusal {
    Refusal::NotFound(format!("there is no order {}", context::key()))
}
