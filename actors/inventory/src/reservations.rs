//! Ingredients reserved for orders. Here stock is granted or refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use silo_sdk::context;
use silo_sdk::entries::Table;

use crate::bindings::clients::OrderClient;
use crate::bindings::types::{Amount, Item, Recipe, Refusal, RequestedItem, Reservation, Shortage};
use crate::ledger::Ledger;
use crate::refusal::conflict;
use crate::state::Inventory;
use crate::{alerts, menu};

/// The name of the reminder that looks for reservations that nobody uses.
pub(crate) const EXPIRE: &str = "expire-reservations";
/// A reservation that nobody uses is given up after two hours: longer than any kitchen is
/// behind, and short enough that the day's stock is not lost to orders that were forgotten.
const HELD_MS_MAX: u64 = 2 * 3_600_000;
/// The most reservations looked at in one turn, each of which is a read and perhaps a write.
const SWEEP_MAX: u32 = 200;

/// What an order has reserved, and then used.
#[derive(Clone, Serialize, Deserialize)]
struct Held {
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

/// What each order has reserved, by its id.
const HELD: Table<Held> = Table::new("r");

/// Reserves all ingredients of the items, or none of them.
///
/// # Errors
/// When the quantities are beyond what can be counted. A shortage is an answer, not an error.
pub(crate) fn reserve(
    inventory: &mut Inventory,
    order_id: &str,
    wanted: &[RequestedItem],
) -> Result<Reservation, Refusal> {
    // The same order asks again: it has what it has.
    if let Some(held) = HELD.get(order_id) {
        return Ok(Reservation::Reserved(held.items));
    }
    if inventory.closed {
        return Ok(Reservation::Closed);
    }
    let mut items = Vec::with_capacity(wanted.len());
    let mut unknown = Vec::new();
    // Summed up first: two pizzas of one order may need the same ingredient.
    let mut needed = BTreeMap::new();
    for item in wanted {
        match menu::recipe(&item.pizza_type) {
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
    // Before the stock is looked at: a pizza that is not on the menu cannot be waited for.
    if !unknown.is_empty() {
        return Ok(Reservation::Unavailable(shortage(
            &inventory.ledger,
            Vec::new(),
            unknown,
        )));
    }
    if !inventory.ledger.reserve(&amounts) {
        let missing = inventory.ledger.missing(&amounts);
        return Ok(Reservation::Unavailable(shortage(
            &inventory.ledger,
            missing,
            unknown,
        )));
    }
    let held = Held {
        items: items.clone(),
        amounts,
        at: context::now_ms(),
        consumed: false,
        round: 0,
    };
    HELD.insert(order_id, &held);
    inventory.warn_when_low();
    Ok(Reservation::Reserved(items))
}

/// The pizzas go into the oven: what was reserved is used.
///
/// # Errors
/// When nothing is reserved for the order.
pub(crate) fn consume(
    inventory: &mut Inventory,
    order_id: &str,
    round: u32,
) -> Result<(), Refusal> {
    let mut held = HELD.get(order_id).ok_or_else(|| unknown(order_id))?;
    // A remake has come before the news of what was baked first, and has counted it.
    if !held.consumed && round >= held.round {
        inventory.ledger.consume(&held.amounts);
        held.consumed = true;
        held.at = context::now_ms();
        HELD.insert(order_id, &held);
    }
    Ok(())
}

/// The order has ended: what it has not used can be used by others.
pub(crate) fn release(inventory: &mut Inventory, order_id: &str) {
    let Some(held) = HELD.get(order_id) else {
        return;
    };
    // What went into the oven does not come back out as ingredients.
    if !held.consumed {
        inventory.ledger.release(&held.amounts);
    }
    HELD.remove(order_id);
}

/// What was used is wasted, and the same is reserved once more.
///
/// # Errors
/// When nothing is reserved for the order.
pub(crate) fn remake(
    inventory: &mut Inventory,
    order_id: &str,
    round: u32,
) -> Result<Reservation, Refusal> {
    let mut held = HELD.get(order_id).ok_or_else(|| unknown(order_id))?;
    // Asked again after a crash: it was done.
    if round <= held.round {
        return Ok(Reservation::Reserved(held.items));
    }
    // The message that it went into the oven may still be on its way; it did, for it burned.
    if !held.consumed {
        inventory.ledger.consume(&held.amounts);
    }
    inventory.ledger.waste(&held.amounts);
    if !inventory.ledger.reserve(&held.amounts) {
        let missing = inventory.ledger.missing(&held.amounts);
        HELD.remove(order_id);
        return Ok(Reservation::Unavailable(shortage(
            &inventory.ledger,
            missing,
            Vec::new(),
        )));
    }
    held.consumed = false;
    held.round = round;
    held.at = context::now_ms();
    HELD.insert(order_id, &held);
    inventory.warn_when_low();
    Ok(Reservation::Reserved(held.items))
}

impl Inventory {
    /// Tells once of each ingredient that has fallen below its threshold, and orders what
    /// has fallen below its rule's level.
    pub(crate) fn warn_when_low(&mut self) {
        let low = self.ledger.newly_low();
        if !low.is_empty() {
            alerts::low_stock(&low);
        }
        self.order_what_is_low();
    }

    /// Gives up what was reserved too long ago; a page a turn. An order that nobody has
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
                release(self, order_id);
                if !held.consumed {
                    let why = "it waited too long for a cook";
                    OrderClient::of(order_id).send_cancel(Some(why), None);
                }
            }
        }
        // A page that is not full was the last one: the next search begins anew.
        let full = orders.len() >= SWEEP_MAX as usize;
        self.swept = orders.last().filter(|_| full).cloned();
    }
}

fn shortage(ledger: &Ledger, missing: Vec<Amount>, unknown_pizzas: Vec<String>) -> Shortage {
    Shortage {
        missing,
        unknown_pizzas,
        alternatives: menu::makeable(ledger),
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
