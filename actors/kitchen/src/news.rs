//! What the kitchen hears of orders.

use serde::Deserialize;
use silo_sdk::log;

use crate::Kitchen;
use crate::bindings::types::{Item, Ticket};

pub(crate) const STREAM: &str = "kitchen-orders";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct News {
    kind: Kind,
    order_id: String,
    items: Vec<Item>,
    at: u64,
    #[serde(default)]
    remakes: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Created,
    Remake,
    Cancelled,
    Late,
}

impl Kitchen {
    pub(crate) fn hear(&mut self, payload: &str) {
        let news: News = match silo_sdk::json::from_str(payload) {
            Ok(news) => news,
            Err(error) => return log::warn!("an event of {STREAM} is not understood: {error}"),
        };
        let ticket = Ticket {
            order_id: news.order_id,
            items: news.items,
            received_at: news.at,
            remakes: news.remakes,
        };
        match news.kind {
            Kind::Created => self.queue.join(&ticket),
            Kind::Remake => self.queue.join_front(&ticket),
            Kind::Cancelled => return self.drop_order(&ticket.order_id),
            Kind::Late if self.cook_of(&ticket.order_id).is_none() => self.queue.join(&ticket),
            Kind::Late => {}
        }
        self.assign();
    }

    /// Whoever asks has no ticket to give, so only one that is here can be offered again.
    pub(crate) fn offer_again(&mut self, order_id: &str) {
        if self.cook_of(order_id).is_none() && !self.queue.holds(order_id) {
            log::warn!("{order_id} is neither queued nor being cooked");
        }
        self.assign();
    }
}
