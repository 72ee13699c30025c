//! Deliveries, thresholds, the menu, the daily report.

use std::time::Duration;

use silo_sdk::{context, reminders};

use crate::bindings::types::{Amount, DayReport, Recipe, Refusal, StockLine};
use crate::reserve::conflict;
use crate::{Inventory, RECIPES, REPORTS};

pub(crate) const DAILY: &str = "daily-inventory-check";
pub(crate) const EXPIRE: &str = "expire-reservations";
const DAY_MS: u64 = 86_400_000;
const DAYS_KEPT: u32 = 90;
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
        let to_midnight = Duration::from_millis(DAY_MS - context::now_ms() % DAY_MS);
        let day = Duration::from_millis(DAY_MS);
        reminders::set_periodic(DAILY, to_midnight, day, reminders::Missed::Last);
        let minutes = Duration::from_secs(600);
        reminders::set_periodic(EXPIRE, minutes, minutes, reminders::Missed::Last);
    }

    /// Writes down the day that ends at `due`.
    pub(crate) fn report(&mut self, due: u64) {
        let day = u32::try_from(due.saturating_sub(1) / DAY_MS).unwrap_or(u32::MAX);
        self.close_books(day);
        let report = DayReport {
            day,
            at: context::now_ms(),
            lines: self.ledger.view(),
        };
        REPORTS.insert(&format!("{day:010}"), &report);
        let oldest = format!("{:010}", day.saturating_sub(DAYS_KEPT - 1));
        for old in REPORTS.keys(None, PIZZAS_MAX) {
            if old < oldest {
                REPORTS.remove(&old);
            }
        }
        self.look_after_orders();
        self.warn_when_low();
    }
}

pub(crate) fn menu() -> Vec<Recipe> {
    let names = RECIPES.keys(None, PIZZAS_MAX);
    names.iter().filter_map(|name| RECIPES.get(name)).collect()
}

pub(crate) fn history(days: u32) -> Vec<DayReport> {
    let mut names = REPORTS.keys(None, PIZZAS_MAX);
    names.reverse();
    names.truncate(days.min(DAYS_KEPT) as usize);
    names.iter().filter_map(|name| REPORTS.get(name)).collect()
}
