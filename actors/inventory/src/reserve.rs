//! Ingredients set aside for orders.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use silo_sdk::{context, streams};

use crate::bindings::clients::OrderClient;
use crate::bindings::types::{
    Amount, Conflict, Item, Recipe, Refusal, RequestedItem, Reservation, Shortage,
};
use crate::{HELD, Inventory, RECIPES, upkeep};

/// What the restaurant's manager follows.
pub(crate) const DASHBOARD: &str = "restaurant-orders";
/// A reservation that nobody uses is given up after two hours.
const HELD_MS_MAX: u64 = 2 * 3_600_000;
/// Reservations looked at in one turn.
const SWEEP_MAX: u32 = 200;

/// What an order has set aside, and then used.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Held {
    #[serde(rename = "i")]
    items: Vec<Item>,
    #[serde(rename = "a")]
    amounts: Vec<Amount>,
    #[serde(rename = "t")]
    at: u64,
    #[serde(rename = "c")]
    consumed: bool,
    /// How often the order was made again.
    #[serde(rename = "n", default)]
    round: u32,
}

impl Inventory {
    pub(crate) fn set_aside(
        &mut self,
        order_id: &str,
        wanted: &[RequestedItem],
    ) -> Result<Reservation, Refusal> {
        // The same order asks again: it has what it has.
        if let Some(held) = HELD.get(order_id) {
            return Ok(Reservation::Reserved(held.items));
        }
        if self.closed {
            return Ok(Reservation::Closed);
        }
        let mut items = Vec::with_capacity(wanted.len());
        let mut unknown = Vec::new();
        let mut needed = BTreeMap::new();
        for item in wanted {
            match RECIPES.get(&item.pizza_type) {
                Some(recipe) => {
                    add(&mut needed, &recipe, item.quantity)?;
                    items.push(Item {
                        pizza_type: recipe.pizza_type,
                        quantity: item.quantity,
                        unit_price_cents: recipe.price_cents,
                    });
                }
                None => unknown.push(item.pizza_type.clone()),
            }
        }
        let amounts = amounts(needed);
        if !unknown.is_empty() {
            return Ok(Reservation::Unavailable(self.shortage(Vec::new(), unknown)));
        }
        if !self.ledger.reserve(&amounts) {
            let missing = self.ledger.missing(&amounts);
            return Ok(Reservation::Unavailable(self.shortage(missing, unknown)));
        }
        let held = Held {
            items: items.clone(),
            amounts,
            at: context::now_ms(),
            consumed: false,
            round: 0,
        };
        HELD.insert(order_id, &held);
        self.warn_when_low();
        Ok(Reservation::Reserved(items))
    }

    pub(crate) fn use_up(&mut self, order_id: &str, round: u32) -> Result<(), Refusal> {
        let mut held = HELD.get(order_id).ok_or_else(|| unknown(order_id))?;
        // A remake has come before the news of what was baked first, and has counted it.
        if !held.consumed && round >= held.round {
            self.ledger.consume(&held.amounts);
            held.consumed = true;
            held.at = context::now_ms();
            HELD.insert(order_id, &held);
        }
        Ok(())
    }

    pub(crate) fn put_back(&mut self, order_id: &str) {
        let Some(held) = HELD.get(order_id) else {
            return;
        };
        // What went into the oven does not come back out as ingredients.
        if !held.consumed {
            self.ledger.release(&held.amounts);
        }
        HELD.remove(order_id);
    }

    pub(crate) fn set_aside_again(
        &mut self,
        order_id: &str,
        round: u32,
    ) -> Result<Reservation, Refusal> {
        let mut held = HELD.get(order_id).ok_or_else(|| unknown(order_id))?;
        if round <= held.round {
            return Ok(Reservation::Reserved(held.items));
        }
        if !held.consumed {
            self.ledger.consume(&held.amounts);
        }
        self.ledger.waste(&held.amounts);
        if !self.ledger.reserve(&held.amounts) {
            let missing = self.ledger.missing(&held.amounts);
            HELD.remove(order_id);
            return Ok(Reservation::Unavailable(self.shortage(missing, Vec::new())));
        }
        held.consumed = false;
        held.round = round;
        held.at = context::now_ms();
        HELD.insert(order_id, &held);
        self.warn_when_low();
        Ok(Reservation::Reserved(held.items))
    }

    /// Pizzas that could be made now, one of each.
    pub(crate) fn makeable(&self) -> Vec<String> {
        let recipes = upkeep::menu().into_iter();
        let possible = recipes.filter(|r| self.ledger.missing(&r.ingredients).is_empty());
        possible.map(|recipe| recipe.pizza_type).collect()
    }

    fn shortage(&self, missing: Vec<Amount>, unknown_pizzas: Vec<String>) -> Shortage {
        Shortage {
            missing,
            unknown_pizzas,
            alternatives: self.makeable(),
        }
    }

    pub(crate) fn warn_when_low(&mut self) {
        let low = self.ledger.newly_low();
        if !low.is_empty() {
            let restaurant = context::key();
            let alert = silo_sdk::json::json!({
                "restaurantId": restaurant, "at": context::now_ms(), "items": low,
            });
            streams::publish("inventory-alerts", &restaurant, &alert);
            let names: Vec<_> = low.iter().map(|line| line.ingredient.as_str()).collect();
            let for_manager = silo_sdk::json::json!({
                "at": context::now_ms(),
                "alert": {"kind": "low-stock", "message": format!("low on {}", names.join(", "))},
            });
            streams::publish(DASHBOARD, &restaurant, &for_manager);
        }
        self.order_what_is_low();
    }

    /// Gives up what was set aside too long ago; a page a turn. An order that nobody has
    /// begun by then has lost its ingredients, and is told to end.
    pub(crate) fn expire(&mut self) {
        let orders = HELD.keys(self.swept.as_deref(), SWEEP_MAX);
        let now = context::now_ms();
        for order_id in &orders {
            let Some(mut held) = HELD.get(order_id) else {
                continue;
            };
            if held.at > now {
                // The date was set back; it waits its time from here on, and no longer.
                held.at = now;
                HELD.insert(order_id, &held);
            }
            if held.at.saturating_add(HELD_MS_MAX) <= now {
                self.put_back(order_id);
                if !held.consumed {
                    let why = "it waited too long for a cook";
                    OrderClient::of(order_id).send_cancel(Some(why), None);
                }
            }
        }
        let full = orders.len() >= SWEEP_MAX as usize;
        self.swept = orders.last().filter(|_| full).cloned();
    }
}

fn add(needed: &mut BTreeMap<String, u32>, recipe: &Recipe, quantity: u32) -> Result<(), Refusal> {
    for amount in &recipe.ingredients {
        let sum = needed.entry(amount.ingredient.clone()).or_default();
        let more = amount
            .quantity
            .checked_mul(quantity)
            .and_then(|more| sum.checked_add(more));
        *sum = more.ok_or_else(|| conflict("the order is too large for any kitchen".to_owned()))?;
    }
    Ok(())
}

fn amounts(needed: BTreeMap<String, u32>) -> Vec<Amount> {
    let amount = |(ingredient, quantity)| Amount {
        ingredient,
        quantity,
    };
    needed.into_iter().map(amount).collect()
}

fn unknown(order_id: &str) -> Refusal {
    Refusal::NotFound(format!("nothing is set aside for {order_id}"))
}

pub(crate) fn conflict(message: String) -> Refusal {
    Refusal::Conflict(Conflict {
        message,
        current: None,
        wanted: None,
        allowed: Vec::new(),
    })
}
