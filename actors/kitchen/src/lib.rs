//! A restaurant's kitchen: who cooks what, and what waits.
//!
//! - [`state`](crate::state): what is kept of it
//! - [`card`](crate::card): an order, as far as it has come here
//! - [`queue`](crate::queue): the orders that wait
//! - [`chef`](crate::chef): what is known of one chef
//! - [`staff`](crate::staff): chefs come, cook, fail and go
//! - [`made`](crate::made): the orders that are made by hand, and those that were ready last
//! - [`order_event`](crate::order_event): what the kitchen hears of an order, and
//!   [`order_events`](crate::order_events) what that changes here
//! - [`steps`](crate::steps): what cooks say of an order
//! - [`oven`](crate::oven): readings
//! - [`alerts`](crate::alerts): what needs somebody, and who has seen it
//! - [`screen`](crate::screen): what screens see, and how they hear of changes
//! - [`advice`](crate::advice): what the kitchen's plugin says, and what of it is believed
//! - [`trust`](crate::trust): a plugin that fails is given a rest

use bindings::types::{
    Alert, KitchenDisplay, KitchenOverview, KitchenStatus, Refusal, RemakeReason, Ticket,
};
use bindings::{bounds, kitchen, kitchen_queries, stream_events};
use queue::Queue;

mod advice;
mod alerts;
mod card;
mod chef;
mod made;
mod order_event;
mod order_events;
mod oven;
mod queue;
mod screen;
mod staff;
mod state;
mod steps;
mod trust;

pub use state::Kitchen;

silo_sdk::actor! { state: Kitchen }
silo_sdk::manifest!({
    "calls": ["chef.*", "order.*"],
    "publishes": ["restaurant-orders", "kitchen-events"],
    "config": true,
    "plugins": true
});

/// The most tickets of one page of the queue.
const PAGE_MAX: u32 = 200;

#[silo_sdk::commands]
impl kitchen::Guest for Kitchen {
    fn clock_in(&mut self, chef_id: String) -> Result<KitchenStatus, Refusal> {
        bounds::clock_in(&chef_id)?;
        self.comes(&chef_id)?;
        Ok(self.view())
    }

    fn clock_out(&mut self, chef_id: String) -> Result<KitchenStatus, Refusal> {
        bounds::clock_out(&chef_id)?;
        self.goes(&chef_id)?;
        Ok(self.view())
    }

    fn chef_failed(
        &mut self,
        chef_id: String,
        order_id: String,
        reason: String,
    ) -> Result<KitchenStatus, Refusal> {
        silo_sdk::log::info!("{chef_id} could not finish {order_id}: {reason}");
        self.failed(&chef_id, &reason);
        Ok(self.view())
    }

    fn reoffer(&mut self, order_id: String) -> Result<KitchenStatus, Refusal> {
        self.offer_again(&order_id);
        Ok(self.view())
    }

    fn report_oven(
        &mut self,
        oven_id: String,
        temperature: f64,
        timer: Option<u32>,
    ) -> Result<KitchenStatus, Refusal> {
        self.oven_says(oven_id, temperature, timer)?;
        Ok(self.view())
    }

    fn report_alert(&mut self, kind: String, message: String) -> Result<KitchenStatus, Refusal> {
        self.alarm(kind, message)?;
        Ok(self.view())
    }

    fn burn(&mut self, order_id: String, reason: RemakeReason) -> Result<Ticket, Refusal> {
        bounds::burn(&order_id)?;
        self.loses(&order_id, reason)
    }

    fn requeue(&mut self, order_id: String) -> Result<Ticket, Refusal> {
        bounds::requeue(&order_id)?;
        self.requeues(&order_id)
    }

    fn assign(&mut self, order_id: String, chef_id: String) -> Result<Ticket, Refusal> {
        bounds::assign(&order_id, &chef_id)?;
        self.gives(&order_id, &chef_id)
    }

    fn see_alert(&mut self, alert_id: u64, by: String) -> Result<Alert, Refusal> {
        bounds::see_alert(&by)?;
        self.is_seen(alert_id, &by)
    }
}

#[silo_sdk::queries]
impl kitchen_queries::Guest for Kitchen {
    fn status(&self) -> KitchenStatus {
        self.view()
    }

    fn queue(&self, after: Option<String>, limit: u32) -> Vec<Ticket> {
        Queue::page(after.as_deref(), limit.clamp(1, PAGE_MAX))
    }

    fn display(&self) -> KitchenDisplay {
        self.everything()
    }

    fn overview(&self) -> KitchenOverview {
        KitchenOverview {
            status: self.view(),
            stations: self.stations(),
        }
    }
}

#[silo_sdk::commands]
impl stream_events::Guest for Kitchen {
    fn subscriptions() -> Vec<String> {
        vec![order_event::STREAM.to_owned()]
    }

    fn on_events(&mut self, events: Vec<stream_events::Event>) {
        self.on_order_events(events.iter().map(|event| event.payload.as_str()));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
