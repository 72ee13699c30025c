//! Deliveries and thresholds, and the reminders that an inventory needs once it has either
//! stock or recipes.

use std::time::Duration;

use silo_sdk::reminders;

use crate::bindings::types::{Amount, Recipe, Refusal, StockLine};
use crate::refusal::conflict;
use crate::state::Inventory;
use crate::{menu, reservations};

/// The most ingredients of an inventory: the ledger is part of the state, which every order reads
/// and writes.
const INGREDIENTS_MAX: usize = 500;
/// How often reservations are looked at: a twelfth of the time that they are kept.
const EXPIRE_EVERY: Duration = Duration::from_secs(600);

/// Books a delivery.
///
/// # Errors
/// When there are too many ingredients, or more of one than can be counted.
pub(crate) fn restock(
    inventory: &mut Inventory,
    amounts: &[Amount],
) -> Result<Vec<StockLine>, Refusal> {
    let new = |amount: &&Amount| !inventory.ledger.lines.contains_key(&amount.ingredient);
    if inventory.ledger.lines.len() + amounts.iter().filter(new).count() > INGREDIENTS_MAX {
        let message = format!("an inventory has at most {INGREDIENTS_MAX} ingredients");
        return Err(conflict(message));
    }
    if !inventory.ledger.restock(amounts) {
        return Err(conflict("no store room holds that much".to_owned()));
    }
    // A rule that rests after a cancelled order goes on as soon as there is enough.
    inventory.keep_up();
    inventory.wake_rules(amounts);
    Ok(inventory.stock_lines())
}

/// Sets the thresholds below which ingredients count as low.
///
/// # Errors
/// When there is no such ingredient.
pub(crate) fn set_threshold(
    inventory: &mut Inventory,
    thresholds: Vec<Amount>,
) -> Result<Vec<StockLine>, Refusal> {
    for threshold in thresholds {
        let Some(line) = inventory.ledger.lines.get_mut(&threshold.ingredient) else {
            let message = format!("there is no {:?} here", threshold.ingredient);
            return Err(Refusal::NotFound(message));
        };
        // Told again only when it falls below the new threshold once more.
        line.threshold = threshold.quantity;
        line.low = line.low && line.on_hand < line.threshold;
    }
    inventory.warn_when_low();
    Ok(inventory.stock_lines())
}

pub(crate) fn set_recipe(inventory: &mut Inventory, recipe: &Recipe) {
    menu::set_recipe(recipe);
    inventory.keep_up();
}

impl Inventory {
    /// Sets the reminders, if they are not set yet.
    fn keep_up(&mut self) {
        if self.upkeep {
            return;
        }
        self.upkeep = true;
        self.begin_day();
        let missed = reminders::Missed::Last;
        reminders::set_periodic(reservations::EXPIRE, EXPIRE_EVERY, EXPIRE_EVERY, missed);
    }
}
