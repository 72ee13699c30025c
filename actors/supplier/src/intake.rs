//! An order comes, or is cancelled.

use silo_sdk::context;

use crate::bindings::types::{Profile, Refusal, Stage};
use crate::purchase::{PURCHASES, Row, key};
use crate::refusal::conflict;
use crate::state::Supplier;
use crate::{delivery, profile};

/// An order comes in no more deliveries than this: each is a durable message of its own.
const DELIVERIES_MAX: u32 = 20;

/// Takes an order, or fails it at once; either way its restaurant is told by a message.
pub(crate) fn order(
    supplier: &mut Supplier,
    restaurant_id: &str,
    order_id: &str,
    ingredient: &str,
    quantity: u32,
) {
    if let Some(known) = PURCHASES.get(&key(restaurant_id, order_id)) {
        // It asks because it has heard nothing: all that happened is told once more.
        return known.tell_all();
    }
    let mut row = supplier.blank(restaurant_id, order_id);
    ingredient.clone_into(&mut row.ingredient);
    row.quantity = quantity;
    match supplier.price(ingredient, quantity) {
        Ok((profile, cents)) => {
            row.unit_price_cents = cents;
            row.lead_ms = profile::lead_ms(&profile);
            // No lot so small that the order would take more deliveries than there may be.
            let lot = profile.lot_max.unwrap_or(u32::MAX);
            row.lot = lot.max(quantity.div_ceil(DELIVERIES_MAX)).min(quantity);
            row.due_at = context::now_ms() + row.lead_ms;
            supplier.accepted += 1;
            let every = profile.fails_every.map(u64::from);
            row.doomed = every.is_some_and(|every| supplier.accepted.is_multiple_of(every));
            row.keep();
            row.tell();
            delivery::schedule(&row);
        }
        Err(why) => {
            row.reason = why;
            supplier.fail(row);
        }
    }
}

/// # Errors
/// When the order has left, or has ended otherwise.
pub(crate) fn cancel(
    supplier: &mut Supplier,
    restaurant_id: &str,
    order_id: &str,
) -> Result<(), Refusal> {
    // A cancel may overtake the order: then the order finds that it was cancelled.
    let row = PURCHASES.get(&key(restaurant_id, order_id));
    let mut row = row.unwrap_or_else(|| supplier.blank(restaurant_id, order_id));
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
    supplier.cancelled += 1;
    row.stage = Stage::Cancelled;
    // The inventory that asked may not live to hear the answer.
    row.tell();
    supplier.end(&row);
    Ok(())
}

impl Supplier {
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

    pub(crate) fn fail(&mut self, mut row: Row) {
        self.failed += 1;
        row.stage = Stage::Failed;
        row.tell();
        self.end(&row);
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
