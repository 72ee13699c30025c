//! A restaurant's kitchen: who cooks what, and what waits.
//!
//! - [`state`](crate::state): what is kept of it
//! - [`queue`](crate::queue): the orders that wait
//! - [`chef`](crate::chef): what is known of one chef
//! - [`staff`](crate::staff): chefs come, cook, fail and go
//! - [`order_events`](crate::order_events): what the kitchen hears of orders
//! - [`oven`](crate::oven): readings and alerts
//! - [`advice`](crate::advice): what the kitchen's plugin says, and what of it is believed
//! - [`trust`](crate::trust): a plugin that fails is given a rest

use bindings::types::{KitchenDisplay, KitchenStatus, Refusal, Station, Ticket};
use bindings::{bounds, kitchen, kitchen_queries, stream_events};
use chef::Chef;
use queue::Queue;
use silo_sdk::context;

mod advice;
mod chef;
mod order_events;
mod oven;
mod queue;
mod staff;
mod state;
mod trust;

pub use state::Kitchen;

silo_sdk::actor! { state: Kitchen }
silo_sdk::manifest!({
    "calls": ["chef.*", "order.*"],
    "publishes": ["restaurant-orders"],
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
        let station = |(chef_id, chef): (&String, &Chef)| Station {
            chef_id: chef_id.clone(),
            on_shift: chef.on_shift,
            order_id: chef.ticket.as_ref().map(|ticket| ticket.order_id.clone()),
            since: chef.since,
            ready_at: chef.ready_at,
        };
        KitchenDisplay {
            status: self.view(),
            stations: self.chefs.iter().map(station).collect(),
            queue: Queue::page(None, 100),
            active: self
                .chefs
                .values()
                .filter_map(|chef| chef.ticket.clone())
                .collect(),
        }
    }
}

#[silo_sdk::commands]
impl stream_events::Guest for Kitchen {
    fn subscriptions() -> Vec<String> {
        vec![order_events::STREAM.to_owned()]
    }

    fn on_events(&mut self, events: Vec<stream_events::Event>) {
        self.on_order_events(events.iter().map(|event| event.payload.as_str()));
    }
}

impl Kitchen {
    fn view(&self) -> KitchenStatus {
        let count = |f: fn(&&Chef) -> bool| {
            u32::try_from(self.chefs.values().filter(f).count()).unwrap_or(u32::MAX)
        };
        KitchenStatus {
            kitchen_id: context::key(),
            pending: self.queue.waiting,
            active: count(|chef| chef.ticket.is_some()),
            available_chefs: count(|chef| chef.is_available()),
            ovens: self.ovens.values().cloned().collect(),
            alerts: self.alerts.clone(),
            plugin: self.trust.view(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
