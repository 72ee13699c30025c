//! An order as it is kept, and what is told of it. Restaurant and order id together name it
//! for ever: the same one again is told once more how things are, and nothing is brought twice.

use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;

use crate::bindings::clients::InventoryClient;
use crate::bindings::types::{Acceptance, Arrival, Purchase, Refusal, Stage, SupplyNews};

/// By restaurant and order.
pub(crate) const PURCHASES: Table<Row> = Table::new("o");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "n")]
    pub(crate) number: u64,
    #[serde(rename = "r")]
    pub(crate) restaurant_id: String,
    #[serde(rename = "o")]
    pub(crate) order_id: String,
    #[serde(rename = "i")]
    pub(crate) ingredient: String,
    #[serde(rename = "q")]
    pub(crate) quantity: u32,
    #[serde(rename = "u")]
    pub(crate) unit_price_cents: u32,
    #[serde(rename = "s")]
    pub(crate) stage: Stage,
    /// How much a delivery brings; the last one brings the rest.
    #[serde(rename = "l")]
    pub(crate) lot: u32,
    #[serde(rename = "c")]
    pub(crate) deliveries: u32,
    #[serde(rename = "t")]
    pub(crate) lead_ms: u64,
    #[serde(rename = "d")]
    pub(crate) due_at: u64,
    /// It comes to nothing when its last delivery is due.
    #[serde(rename = "f", default)]
    pub(crate) doomed: bool,
    #[serde(rename = "y", default)]
    pub(crate) reason: String,
}

/// No order id has a dot, so no two orders have one key.
pub(crate) fn key(restaurant_id: &str, order_id: &str) -> String {
    format!("{restaurant_id}.{order_id}")
}

pub(crate) fn find(restaurant_id: &str, order_id: &str) -> Result<Purchase, Refusal> {
    let row = PURCHASES
        .get(&key(restaurant_id, order_id))
        .ok_or_else(|| {
            Refusal::NotFound(format!("no order {order_id:?} of {restaurant_id} is known"))
        })?;
    Ok(Purchase {
        delivered: row.delivered(),
        restaurant_id: row.restaurant_id,
        order_id: row.order_id,
        ingredient: row.ingredient,
        quantity: row.quantity,
        deliveries: row.deliveries,
        stage: row.stage,
        due_at: row.due_at,
    })
}

impl Row {
    pub(crate) fn key(&self) -> String {
        key(&self.restaurant_id, &self.order_id)
    }

    pub(crate) fn keep(&self) {
        PURCHASES.insert(&self.key(), self);
    }

    pub(crate) fn delivered(&self) -> u32 {
        self.lot.saturating_mul(self.deliveries).min(self.quantity)
    }

    fn say(&self, news: &SupplyNews) {
        InventoryClient::of(&self.restaurant_id).send_supply(&self.order_id, news);
    }

    /// What has just become of it.
    pub(crate) fn tell(&self) {
        match self.stage {
            Stage::Accepted => self.say(&SupplyNews::Accepted(Acceptance {
                unit_price_cents: self.unit_price_cents,
                due_at: self.due_at,
            })),
            Stage::Shipped => self.say(&SupplyNews::Shipped),
            Stage::Failed => self.say(&SupplyNews::Failed(self.reason.clone())),
            Stage::Cancelled => self.say(&SupplyNews::Cancelled),
            // Its last delivery has told it.
            Stage::Delivered => {}
        }
    }

    /// The delivery of this number.
    pub(crate) fn tell_delivery(&self, number: u32) {
        let before = self.lot.saturating_mul(number - 1).min(self.quantity);
        let until = self.lot.saturating_mul(number).min(self.quantity);
        let is_last = until == self.quantity;
        self.say(&SupplyNews::Delivered(Arrival {
            number,
            quantity: until - before,
            next_at: (!is_last).then_some(self.due_at),
        }));
    }

    /// All of it once more, for somebody who may have missed it.
    pub(crate) fn tell_all(&self) {
        for number in 1..=self.deliveries {
            self.tell_delivery(number);
        }
        self.tell();
    }
}
