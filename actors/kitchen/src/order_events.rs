//! What the kitchen hears of orders, and what it changes here.

use serde::Deserialize;
use silo_sdk::log;

use crate::bindings::clients::ChefClient;
use crate::bindings::types::{Item, Status, Ticket};
use crate::queue::Queue;
use crate::state::Kitchen;

pub(crate) const STREAM: &str = "kitchen-orders";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderEvent {
    order_id: String,
    status: Status,
    waits: bool,
    front: bool,
    #[serde(default)]
    chef_id: Option<String>,
    #[serde(default)]
    by: Option<String>,
    items: Vec<Item>,
    at: u64,
    remakes: u32,
}

fn order_event(payload: &str) -> Option<OrderEvent> {
    let event = silo_sdk::json::from_str(payload);
    event
        .inspect_err(|error| log::warn!("an event of {STREAM} is not understood: {error}"))
        .ok()
}

impl Kitchen {
    /// Takes a batch of news, in order; what the queue has of those orders is read with one
    /// question.
    pub(crate) fn on_order_events<'p>(&mut self, payloads: impl IntoIterator<Item = &'p str>) {
        let events: Vec<OrderEvent> = payloads.into_iter().filter_map(order_event).collect();
        Queue::ahead(events.iter().map(|event| event.order_id.as_str()));
        for event in events {
            self.on_order_event(event);
        }
    }

    /// Takes news of an order: it says where it is; queue and stations follow, no matter who moved
    /// it.
    fn on_order_event(&mut self, event: OrderEvent) {
        #[cfg(feature = "deaf")]
        if event.by.is_none() && matches!(event.status, Status::Preparing | Status::Baking) {
            return;
        }
        match self.cook_of(&event.order_id) {
            Some(chef_id) if self.keeps(&chef_id, &event) => self.goes_on(&chef_id, &event),
            Some(chef_id) => {
                self.is_elsewhere(&chef_id, &event);
                self.queues(event);
            }
            None => self.queues(event),
        }
        // Somebody may have become free, or something may have come to be cooked.
        self.assign();
    }

    /// Whether the chef who has the order here still holds it, or is about to.
    fn keeps(&self, chef_id: &str, event: &OrderEvent) -> bool {
        let ticket = self
            .chefs
            .get(chef_id)
            .and_then(|chef| chef.ticket.as_ref());
        let same_round = ticket.is_some_and(|ticket| ticket.remakes == event.remakes);
        let theirs = match &event.chef_id {
            Some(holder) => holder == chef_id,
            // It waits because the chef has not begun yet, and not because the chef gave it up.
            None => event.waits && event.by.as_deref() != Some(chef_id),
        };
        same_round && theirs
    }

    /// Tells the chef who has the order when somebody else has put it into the oven.
    fn goes_on(&mut self, chef_id: &str, event: &OrderEvent) {
        if event.status == Status::Baking && event.by.is_none() {
            ChefClient::of(chef_id).send_follow(&event.order_id, event.remakes);
        }
    }

    fn is_elsewhere(&mut self, chef_id: &str, event: &OrderEvent) {
        let Some(ticket) = self.take_from(chef_id, &event.order_id) else {
            return;
        };
        // A chef who has caused it knows it; any other has to let go.
        if event.by.as_deref() != Some(chef_id) {
            ChefClient::of(chef_id).send_abandon(&ticket.order_id, ticket.remakes);
        } else if event.status == Status::Ready
            && let Some(chef) = self.chefs.get_mut(chef_id)
        {
            chef.cooked += 1;
        }
    }

    fn queues(&mut self, event: OrderEvent) {
        if !event.waits {
            self.queue.leave(&event.order_id);
            return;
        }
        let ticket = Ticket {
            order_id: event.order_id,
            items: event.items,
            received_at: event.at,
            remakes: event.remakes,
        };
        if event.front {
            self.queue.join_front(&ticket);
        } else {
            self.queue.join(&ticket);
        }
    }

    /// Offers an order again. The caller has no ticket to give, so it must be one that is here.
    pub(crate) fn offer_again(&mut self, order_id: &str) {
        if self.cook_of(order_id).is_none() && !self.queue.holds(order_id) {
            log::warn!("{order_id} is neither queued nor being cooked");
        }
        self.assign();
    }
}
