//! What the kitchen hears of orders.

use serde::Deserialize;
use silo_sdk::log;

use crate::Kitchen;
use crate::bindings::clients::ChefClient;
use crate::bindings::types::{Item, Status, Ticket};

pub(crate) const STREAM: &str = "kitchen-orders";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct News {
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

impl Kitchen {
    /// The order says where it is; queue and stations follow, whoever moved it.
    pub(crate) fn hear(&mut self, payload: &str) {
        let news: News = match silo_sdk::json::from_str(payload) {
            Ok(news) => news,
            Err(error) => return log::warn!("an event of {STREAM} is not understood: {error}"),
        };
        #[cfg(feature = "deaf")]
        if news.by.is_none() && matches!(news.status, Status::Preparing | Status::Baking) {
            return;
        }
        match self.cook_of(&news.order_id) {
            Some(chef_id) if self.keeps(&chef_id, &news) => self.goes_on(&chef_id, &news),
            Some(chef_id) => {
                self.is_elsewhere(&chef_id, &news);
                self.queues(news);
            }
            None => self.queues(news),
        }
        self.assign();
    }

    /// Whether the order is in the hands of the chef who has it here, or on its way there.
    fn keeps(&self, chef_id: &str, news: &News) -> bool {
        let ticket = self
            .chefs
            .get(chef_id)
            .and_then(|chef| chef.ticket.as_ref());
        let same_round = ticket.is_some_and(|ticket| ticket.remakes == news.remakes);
        let theirs = match &news.chef_id {
            Some(holder) => holder == chef_id,
            None => news.waits && news.by.as_deref() != Some(chef_id),
        };
        same_round && theirs
    }

    /// Somebody else may have put it into the oven.
    fn goes_on(&mut self, chef_id: &str, news: &News) {
        if news.status == Status::Baking && news.by.is_none() {
            ChefClient::of(chef_id).send_follow(&news.order_id, news.remakes);
        }
    }

    fn is_elsewhere(&mut self, chef_id: &str, news: &News) {
        let Some(ticket) = self.take_from(chef_id, &news.order_id) else {
            return;
        };
        if news.by.as_deref() != Some(chef_id) {
            ChefClient::of(chef_id).send_abandon(&ticket.order_id, ticket.remakes);
        } else if news.status == Status::Ready
            && let Some(chef) = self.chefs.get_mut(chef_id)
        {
            chef.cooked += 1;
        }
    }

    fn queues(&mut self, news: News) {
        if !news.waits {
            self.queue.leave(&news.order_id);
            return;
        }
        let ticket = Ticket {
            order_id: news.order_id,
            items: news.items,
            received_at: news.at,
            remakes: news.remakes,
        };
        if news.front {
            self.queue.join_front(&ticket);
        } else {
            self.queue.join(&ticket);
        }
    }

    /// Whoever asks has no ticket to give, so only one that is here can be offered again.
    pub(crate) fn offer_again(&mut self, order_id: &str) {
        if self.cook_of(order_id).is_none() && !self.queue.holds(order_id) {
            log::warn!("{order_id} is neither queued nor being cooked");
        }
        self.assign();
    }
}
