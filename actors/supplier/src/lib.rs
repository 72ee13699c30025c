//! Somebody who sells ingredients to restaurants, and brings them when their time has come.
//!
//! - [`profile`](crate::profile): what is sold, at which price, how soon
//! - [`purchase`](crate::purchase): an order and what becomes of it
//! - [`road`](crate::road): the way of an order, by durable deadlines
//! - [`ended`](crate::ended): which ended orders are still known

use bindings::types::{Conflict, Profile, Purchase, Refusal, SupplierState};
use bindings::{bounds, reminder_events, supplier, supplier_queries};
use serde::{Deserialize, Serialize};
use silo_sdk::context;

mod ended;
mod profile;
mod purchase;
mod road;

silo_sdk::actor! { state: Supplier }
silo_sdk::manifest!({
    "calls": ["inventory.supply"],
    "config": true,
    "reminders": true
});

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Supplier {
    #[serde(rename = "p")]
    profile: Option<Profile>,
    /// Every order that was ever heard of, accepted or not, has a number.
    #[serde(rename = "n")]
    numbers: u64,
    #[serde(rename = "a")]
    accepted: u64,
    #[serde(rename = "d")]
    delivered: u64,
    #[serde(rename = "f")]
    failed: u64,
    #[serde(rename = "c")]
    cancelled: u64,
    /// Ended orders that are still known.
    #[serde(rename = "e")]
    ended: u32,
}

#[silo_sdk::commands]
impl supplier::Guest for Supplier {
    fn configure(&mut self, profile: Profile) -> Result<SupplierState, Refusal> {
        bounds::configure(&profile)?;
        self.set_up(profile)?;
        self.view()
    }

    fn order(
        &mut self,
        restaurant_id: String,
        order_id: String,
        ingredient: String,
        quantity: u32,
    ) -> Result<(), Refusal> {
        only_its_inventory(&restaurant_id)?;
        self.take(&restaurant_id, &order_id, &ingredient, quantity);
        Ok(())
    }

    fn cancel(&mut self, restaurant_id: String, order_id: String) -> Result<(), Refusal> {
        only_its_inventory(&restaurant_id)?;
        self.call_off(&restaurant_id, &order_id)
    }
}

#[silo_sdk::queries]
impl supplier_queries::Guest for Supplier {
    fn get(&self) -> Result<SupplierState, Refusal> {
        self.view()
    }

    fn find(&self, restaurant_id: String, order_id: String) -> Result<Purchase, Refusal> {
        purchase::find(&restaurant_id, &order_id)
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Supplier {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        self.go_on(&name);
    }
}

impl Supplier {
    fn view(&self) -> Result<SupplierState, Refusal> {
        let profile = self.profile.clone().ok_or_else(|| {
            let id = context::key();
            Refusal::NotFound(format!("{id:?} is no supplier"))
        })?;
        Ok(SupplierState {
            supplier_id: context::key(),
            profile,
            accepted: self.accepted,
            delivered: self.delivered,
            failed: self.failed,
            cancelled: self.cancelled,
        })
    }
}

/// An order that an inventory does not know would bring what nobody books.
fn only_its_inventory(restaurant_id: &str) -> Result<(), Refusal> {
    let caller = context::caller();
    let of_it = |caller: &context::Identity| {
        caller.actor_type == "inventory" && caller.key == restaurant_id
    };
    match caller {
        Some(caller) if of_it(&caller) => Ok(()),
        _ => Err(conflict(
            format!("only inventory/{restaurant_id} orders for {restaurant_id}"),
            None,
            None,
        )),
    }
}

pub(crate) fn conflict(message: String, current: Option<&str>, wanted: Option<&str>) -> Refusal {
    Refusal::Conflict(Conflict {
        message,
        current: current.map(str::to_owned),
        wanted: wanted.map(str::to_owned),
        allowed: Vec::new(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
