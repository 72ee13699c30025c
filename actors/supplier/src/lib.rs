//! Somebody who sells ingredients to restaurants, and brings them when their time has come.
//!
//! - [`state`](crate::state): what is kept of it
//! - [`profile`](crate::profile): what is sold, at which price, how soon
//! - [`refusal`](crate::refusal): how it declines
//! - [`purchase`](crate::purchase): an order as it is kept, and what is told of it
//! - [`delivery`](crate::delivery): shipping and bringing an order, by durable deadlines
//! - [`intake`](crate::intake): an order comes, or is cancelled
//! - [`ended`](crate::ended): which ended orders are still known

use bindings::types::{Profile, Purchase, Refusal, SupplierState};
use bindings::{bounds, reminder_events, supplier, supplier_queries};
use silo_sdk::context;

mod delivery;
mod ended;
mod intake;
mod profile;
mod purchase;
mod refusal;
mod state;

pub use state::Supplier;

silo_sdk::actor! { state: Supplier }
silo_sdk::manifest!({
    "calls": ["inventory.supply"],
    "config": true,
    "reminders": true
});

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
        intake::order(self, &restaurant_id, &order_id, &ingredient, quantity);
        Ok(())
    }

    fn cancel(&mut self, restaurant_id: String, order_id: String) -> Result<(), Refusal> {
        only_its_inventory(&restaurant_id)?;
        intake::cancel(self, &restaurant_id, &order_id)
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
        self.next_step(&name);
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
        _ => Err(refusal::conflict(
            format!("only inventory/{restaurant_id} orders for {restaurant_id}"),
            None,
            None,
        )),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
