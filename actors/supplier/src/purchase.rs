//! An order and what becomes of it. Restaurant and order id together name it for ever: the
//! same one again is told once more how things are, and nothing is brought twice.

use serde::{Deserialize, Serialize};
use silo_sdk::context;
use silo_sdk::entries::Table;

use crate::bindings::clients::InventoryClient;
use crate::bindings::types::{Acceptance, Arrival, Profile, Purchase, Refusal, Stage, SupplyNews};
use crate::{Supplier, conflict, profile, road};

/// By restaurant and order.
pub(crate) const PURCHASES: Table<Row> = Table::new("o");
/// An order comes in no more deliveries than this.
const DELIVERIES_MAX: u32 = 20;

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

impl Supplier {
    pub(crate) fn take(
        &mut self,
        restaurant_id: &str,
        order_id: &str,
        ingredient: &str,
        quantity: u32,
    ) {
        if let Some(known) = PURCHASES.get(&key(restaurant_id, order_id)) {
            return known.tell_all();
        }
        let mut row = self.blank(restaurant_id, order_id);
        ingredient.clone_into(&mut row.ingredient);
        row.quantity = quantity;
        match self.price(ingredient, quantity) {
            Ok((profile, cents)) => {
                row.unit_price_cents = cents;
                row.lead_ms = profile::lead_ms(&profile);
                let lot = profile.lot_max.unwrap_or(u32::MAX);
                row.lot = lot.max(quantity.div_ceil(DELIVERIES_MAX)).min(quantity);
                row.due_at = context::now_ms() + row.lead_ms;
                self.accepted += 1;
                let every = profile.fails_every.map(u64::from);
                row.doomed = every.is_some_and(|every| self.accepted.is_multiple_of(every));
                row.keep();
                row.tell();
                road::set_out(&row);
            }
            Err(why) => {
                row.reason = why;
                self.fail(row);
            }
        }
    }

    /// An order that nothing is known of yet.
    fn blank(&mut self, restaurant_id: &str, order_id: &str) -> Row {
        self.numbers += 1;
        Row {
            number: self.numbers,
            restaurant_id: restaurant_id.to_owned(),
            order_id: order_id.to_owned(),
            ingredient: String::new(),
            quantity: 0,
            unit_price_cents: 0,
            stage: Stage::Accepted,
            lot: 0,
            deliveries: 0,
            lead_ms: 0,
            due_at: context::now_ms(),
            doomed: false,
            reason: String::new(),
        }
    }

    fn price(&self, ingredient: &str, quantity: u32) -> Result<(Profile, u32), String> {
        let id = context::key();
        let profile = self.profile.clone();
        let profile = profile.ok_or_else(|| format!("{id:?} is no supplier"))?;
        if quantity == 0 {
            return Err("nothing was ordered".to_owned());
        }
        let mut prices = profile.prices.iter();
        let price = prices.find(|price| price.ingredient == ingredient);
        let cents = price.map(|price| price.unit_cents);
        let cents = cents.ok_or_else(|| format!("{id} sells no {ingredient}"))?;
        Ok((profile, cents))
    }

    pub(crate) fn call_off(&mut self, restaurant_id: &str, order_id: &str) -> Result<(), Refusal> {
        // A cancel may overtake the order: then the order finds that it was called off.
        let row = PURCHASES.get(&key(restaurant_id, order_id));
        let mut row = row.unwrap_or_else(|| self.blank(restaurant_id, order_id));
        match row.stage {
            Stage::Cancelled => return Ok(()),
            Stage::Accepted => {}
            stage => {
                let stage = if stage == Stage::Shipped && row.deliveries > 0 {
                    "partlyDelivered"
                } else {
                    name(stage)
                };
                let message = format!("{order_id} cannot be cancelled any more: it is {stage}");
                return Err(conflict(message, Some(stage), Some("cancelled")));
            }
        }
        self.cancelled += 1;
        row.stage = Stage::Cancelled;
        // Whoever asked may not live to hear the answer.
        row.tell();
        self.end(&row);
        Ok(())
    }

    pub(crate) fn fail(&mut self, mut row: Row) {
        self.failed += 1;
        row.stage = Stage::Failed;
        row.tell();
        self.end(&row);
    }
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
    fn tell_all(&self) {
        for number in 1..=self.deliveries {
            self.tell_delivery(number);
        }
        self.tell();
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Accepted => "accepted",
        Stage::Shipped => "shipped",
        Stage::Delivered => "delivered",
        Stage::Failed => "failed",
        Stage::Cancelled => "cancelled",
    }
}
