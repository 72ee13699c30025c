//! What the kitchen hears of orders, and what it changes here.

use silo_sdk::log;

use crate::bindings::clients::ChefClient;
use crate::bindings::types::Status;
use crate::card::{Card, Intent};
use crate::chef::Chef;
use crate::order_event::{OrderEvent, order_event};
use crate::queue::Queue;
use crate::screen::{Change, tell};
use crate::state::Kitchen;

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
                let card = self.is_elsewhere(&chef_id, &event);
                self.goes_to(&event, card);
            }
            None => self.goes_to(&event, None),
        }
        // Somebody may have become free, or something may have come to be cooked.
        self.hand_out();
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
        let chef = self.chefs.get_mut(chef_id);
        if let Some(card) = chef.and_then(|chef| chef.ticket.as_mut()) {
            card.hears(event);
            tell(Change::Ticket(&card.ticket(Some(chef_id), None)));
        }
    }

    fn is_elsewhere(&mut self, chef_id: &str, event: &OrderEvent) -> Option<Card> {
        let card = self.take_from(chef_id, &event.order_id)?;
        // A chef who has caused it knows it; any other has to let go.
        if event.by.as_deref() != Some(chef_id) {
            ChefClient::of(chef_id).send_abandon(&card.order_id, card.remakes);
        } else if event.status == Status::Ready
            && let Some(chef) = self.chefs.get_mut(chef_id)
        {
            chef.cooked += 1;
        }
        Some(card)
    }

    /// An order that no chef of this kitchen has; `card` is what the one who had it had.
    fn goes_to(&mut self, event: &OrderEvent, card: Option<Card>) {
        let order_id = &event.order_id;
        let known = card.or_else(|| Queue::card(order_id));
        let known = known.or_else(|| self.made.get(order_id));
        let mut card = known.unwrap_or_else(|| Card::new(event));
        card.hears(event);
        if event.waits {
            self.made.leave_by_hand(order_id);
            self.waits(card, event.front);
            return;
        }
        self.queue.leave(order_id);
        match event.status {
            // Also one that a chef has of whom the kitchen knows nothing: somebody makes it.
            Status::Preparing | Status::Baking => self.made.put_by_hand(&card),
            Status::Ready => {
                self.made.leave_by_hand(order_id);
                self.made.put_ready(&card);
            }
            // It was ready so long ago that no screen shows it.
            Status::OutForDelivery if self.made.ready(order_id).is_none() => return,
            Status::OutForDelivery => self.made.put_ready(&card),
            _ => self.made.leave_by_hand(order_id),
        }
        let chef_id = event.chef_id.as_deref();
        tell(Change::Ticket(&card.ticket(chef_id, None)));
    }

    fn waits(&mut self, mut card: Card, front: bool) {
        match card.intent.take() {
            Some(Intent::Chef(chef_id)) if self.is_available(&chef_id) => {
                self.give(&chef_id, card, None);
                return;
            }
            // Whoever has put it back makes another one before.
            Some(Intent::Later) => self.hand_out(),
            // That chef has got something else to do meanwhile.
            Some(Intent::Chef(_)) | None => {}
        }
        let ticket = if front {
            self.queue.join_front(&card)
        } else {
            self.queue.join(&card)
        };
        tell(Change::Ticket(&ticket));
    }

    fn is_available(&self, chef_id: &str) -> bool {
        self.chefs.get(chef_id).is_some_and(Chef::is_available)
    }

    /// Offers an order again. The caller has no ticket to give, so it must be one that is here.
    pub(crate) fn offer_again(&mut self, order_id: &str) {
        if self.cook_of(order_id).is_none() && !self.queue.holds(order_id) {
            log::warn!("{order_id} is neither queued nor being cooked");
        }
        self.hand_out();
    }
}
