//! A restaurant's ingredients and what can be made of them.
//!
//! - [`ledger`]: the arithmetic
//! - [`reserve`](crate::reserve): ingredients set aside for orders
//! - [`upkeep`](crate::upkeep): deliveries, thresholds, the menu
//! - [`days`](crate::days): the daily report, and when a day ends
//! - [`rules`](crate::rules): when an ingredient is ordered by itself
//! - [`orders`](crate::orders): the orders to suppliers, as they are kept and listed
//! - [`supply`](crate::supply): ordering, and what suppliers tell
//! - [`books`](crate::books): what happened to each ingredient, day by day

use bindings::types::{
    Amount, DayReport, IngredientReport, Recipe, Refusal, RequestedItem, Reservation, Rule,
    StockLine, SupplyNews, SupplyOrder, SupplyState,
};
use bindings::{bounds, inventory, inventory_queries, reminder_events};
use ledger::Ledger;
use pizza_local_time::WallClock;
use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;

mod books;
mod days;
pub mod ledger;
mod orders;
mod reserve;
mod rules;
mod supply;
mod upkeep;

use reserve::Held;

silo_sdk::actor! { state: Inventory }
silo_sdk::manifest!({
    "calls": ["order.*", "supplier.cancel", "supplier.order"],
    "config": true,
    "publishes": ["inventory-alerts", "restaurant-orders"],
    "reminders": true
});

pub(crate) const HELD: Table<Held> = Table::new("r");
pub(crate) const RECIPES: Table<Recipe> = Table::new("m");
pub(crate) const REPORTS: Table<DayReport> = Table::new("d");

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Inventory {
    #[serde(rename = "g")]
    ledger: Ledger,
    /// The reminders are set.
    #[serde(rename = "u", default)]
    upkeep: bool,
    /// The restaurant takes no orders.
    #[serde(rename = "x", default)]
    closed: bool,
    /// Where the search for expired reservations goes on.
    #[serde(rename = "s", default)]
    swept: Option<String>,
    /// The restaurant's days.
    #[serde(rename = "z", default)]
    clock: WallClock,
    /// When the day ends that has no report yet, in milliseconds since the Unix epoch. 0 in
    /// what an older version left.
    #[serde(rename = "m", default)]
    midnight: u64,
    /// Orders to suppliers so far: the next one's id follows from it.
    #[serde(rename = "n", default)]
    orders_made: u64,
    /// Of them, those that have ended and are still listed.
    #[serde(rename = "e", default)]
    orders_ended: u32,
}

#[silo_sdk::commands]
impl inventory::Guest for Inventory {
    fn reserve(
        &mut self,
        order_id: String,
        items: Vec<RequestedItem>,
    ) -> Result<Reservation, Refusal> {
        self.set_aside(&order_id, &items)
    }

    fn consume(&mut self, order_id: String, round: u32) -> Result<(), Refusal> {
        self.use_up(&order_id, round)
    }

    fn release(&mut self, order_id: String) -> Result<(), Refusal> {
        self.put_back(&order_id);
        Ok(())
    }

    fn remake(&mut self, order_id: String, round: u32) -> Result<Reservation, Refusal> {
        self.set_aside_again(&order_id, round)
    }

    fn restock(&mut self, amounts: Vec<Amount>) -> Result<Vec<StockLine>, Refusal> {
        bounds::restock(&amounts)?;
        self.take_in(&amounts)
    }

    fn set_threshold(&mut self, thresholds: Vec<Amount>) -> Result<Vec<StockLine>, Refusal> {
        bounds::set_threshold(&thresholds)?;
        self.warn_below(thresholds)
    }

    fn set_rules(&mut self, rules: Vec<Rule>) -> Result<Vec<StockLine>, Refusal> {
        bounds::set_rules(&rules)?;
        self.order_by(rules)
    }

    fn confirm_order(&mut self, order_id: String) -> Result<SupplyOrder, Refusal> {
        self.confirm(&order_id)
    }

    fn cancel_order(&mut self, order_id: String) -> Result<SupplyOrder, Refusal> {
        self.cancel(&order_id)
    }

    fn supply(&mut self, order_id: String, news: SupplyNews) -> Result<(), Refusal> {
        self.hear(&order_id, news)
    }

    fn set_open(&mut self, open: bool) -> Result<(), Refusal> {
        self.closed = !open;
        Ok(())
    }

    fn set_time_zone(&mut self, time_zone: String) -> Result<(), Refusal> {
        self.move_to(&time_zone)
    }

    fn set_recipe(&mut self, recipe: Recipe) -> Result<(), Refusal> {
        bounds::set_recipe(&recipe)?;
        self.offer(&recipe);
        Ok(())
    }
}

#[silo_sdk::queries]
impl inventory_queries::Guest for Inventory {
    fn stock(&self) -> Vec<StockLine> {
        self.stock_lines()
    }

    fn menu(&self) -> Vec<Recipe> {
        upkeep::menu()
    }

    fn alternatives(&self) -> Vec<String> {
        self.makeable()
    }

    fn history(&self, days: u32) -> Vec<DayReport> {
        days::history(days)
    }

    fn orders(
        &self,
        state: Option<SupplyState>,
        after: Option<String>,
        limit: u32,
    ) -> Vec<SupplyOrder> {
        orders::page(state, after.as_deref(), limit)
    }

    fn movements(&self, days: u32, after: Option<String>, limit: u32) -> Vec<IngredientReport> {
        self.by_day(days, after.as_deref(), limit)
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Inventory {
    fn on_reminder(&mut self, name: String, due: u64, _missed: u32) {
        match name.as_str() {
            days::DAILY => self.end_days(due),
            upkeep::EXPIRE => self.expire(),
            rules::AGAIN => self.order_again(),
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
