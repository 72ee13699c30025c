//! Deliveries, thresholds, the menu.

use std::time::Duration;

use silo_sdk::reminders;

use crate::bindings::types::{Amount, Recipe, Refusal, StockLine};
use crate::reserve::conflict;
use crate::{Inventory, RECIPES};

pub(crate) const EXPIRE: &str = "expire-reservations";
const PIZZAS_MAX: u32 = 1_000;
const INGREDIENTS_MAX: usize = 500;

impl Inventory {
    pub(crate) fn take_in(&mut self, amounts: &[Amount]) -> Result<Vec<StockLine>, Refusal> {
        let new = |amount: &&Amount| !self.ledger.lines.contains_key(&amount.ingredient);
        if self.ledger.lines.len() + amounts.iter().filter(new).count() > INGREDIENTS_MAX {
            let message = format!("an inventory has at most {INGREDIENTS_MAX} ingredients");
            return Err(conflict(message));
        }
        if !self.ledger.restock(amounts) {
            return Err(conflict("no store room holds that much".to_owned()));
        }
        self.keep_up();
        self.wake_rules(amounts);
        Ok(self.stock_lines())
    }

    pub(crate) fn warn_below(
        &mut self,
        thresholds: Vec<Amount>,
    ) -> Result<Vec<StockLine>, Refusal> {
        for threshold in thresholds {
            let Some(line) = self.ledger.lines.get_mut(&threshold.ingredient) else {
                let message = format!("there is no {:?} here", threshold.ingredient);
                return Err(Refusal::NotFound(message));
            };
            line.threshold = threshold.quantity;
            line.low = line.low && line.on_hand < line.threshold;
        }
        self.warn_when_low();
        Ok(self.stock_lines())
    }

    pub(crate) fn offer(&mut self, recipe: &Recipe) {
        RECIPES.insert(&recipe.pizza_type, recipe);
        self.keep_up();
    }

    /// Sets the reminders once.
    fn keep_up(&mut self) {
        if self.upkeep {
            return;
        }
        self.upkeep = true;
        self.begin_day();
        let minutes = Duration::from_secs(600);
        reminders::set_periodic(EXPIRE, minutes, minutes, reminders::Missed::Last);
    }
}

pub(crate) fn menu() -> Vec<Recipe> {
    let names = RECIPES.keys(None, PIZZAS_MAX);
    names.iter().filter_map(|name| RECIPES.get(name)).collect()
}
