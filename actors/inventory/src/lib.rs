//! A restaurant's ingredients and what can be made of them.
//!
//! - [`state`](crate::state): what is kept of it
//! - [`ledger`]: the arithmetic
//! - [`menu`](crate::menu): what can be made, and of what
//! - [`reservations`](crate::reservations): ingredients reserved for orders; stock is refused here
//! - [`stock`](crate::stock): deliveries and thresholds
//! - [`alerts`](crate::alerts): what the restaurant's manager hears
//! - [`refusal`](crate::refusal): how it declines
//! - [`reports`](crate::reports): the daily reports, as they are kept
//! - [`days`](crate::days): when a day ends, and what is written down then
//! - [`rules`](crate::rules): when an ingredient is ordered by itself
//! - [`orders`](crate::orders): the orders to suppliers, as they are kept and listed
//! - [`supply`](crate::supply): ordering, and what suppliers tell
//! - [`books`](crate::books): what happened to each ingredient, day by day
//!
//! A function of the contract has one name on its way down: `reserve` here calls
//! [`reservations::reserve`], and that calls [`ledger::Ledger::reserve`].

use bindings::types::{
    Amount, DayReport, IngredientReport, Offer, Recipe, Refusal, RequestedItem, Reservation, Rule,
    StockLine, SupplyNews, SupplyOrder, SupplyState,
};
use bindings::{bounds, inventory, inventory_queries, reminder_events};

mod alerts;
mod books;
mod days;
pub mod ledger;
mod menu;
mod orders;
mod refusal;
mod reports;
mod reservations;
mod rules;
mod state;
mod stock;
mod supply;

pub use state::Inventory;

silo_sdk::actor! { state: Inventory }
silo_sdk::manifest!({
    "calls": ["order.*", "supplier.cancel", "supplier.get", "supplier.order"],
    "config": true,
    "publishes": ["inventory-alerts", "restaurant-orders"],
    "reminders": true
});

#[silo_sdk::commands]
impl inventory::Guest for Inventory {
    fn reserve(
        &mut self,
        order_id: String,
        items: Vec<RequestedItem>,
    ) -> Result<Reservation, Refusal> {
        reservations::reserve(self, &order_id, &items)
    }

    fn consume(&mut self, order_id: String, round: u32) -> Result<(), Refusal> {
        reservations::consume(self, &order_id, round)
    }

    fn release(&mut self, order_id: String) -> Result<(), Refusal> {
        reservations::release(self, &order_id);
        Ok(())
    }

    fn remake(&mut self, order_id: String, round: u32) -> Result<Reservation, Refusal> {
        reservations::remake(self, &order_id, round)
    }

    fn restock(&mut self, amounts: Vec<Amount>) -> Result<Vec<StockLine>, Refusal> {
        bounds::restock(&amounts)?;
        stock::restock(self, &amounts).inspect(|_| alerts::stock_changed())
    }

    fn set_threshold(&mut self, thresholds: Vec<Amount>) -> Result<Vec<StockLine>, Refusal> {
        bounds::set_threshold(&thresholds)?;
        stock::set_threshold(self, thresholds).inspect(|_| alerts::stock_changed())
    }

    fn set_rules(&mut self, rules: Vec<Rule>) -> Result<Vec<StockLine>, Refusal> {
        bounds::set_rules(&rules)?;
        rules::set_rules(self, rules).inspect(|_| alerts::stock_changed())
    }

    fn confirm_order(&mut self, order_id: String) -> Result<SupplyOrder, Refusal> {
        supply::confirm_order(self, &order_id).inspect(|_| alerts::stock_changed())
    }

    fn cancel_order(&mut self, order_id: String) -> Result<SupplyOrder, Refusal> {
        supply::cancel_order(self, &order_id).inspect(|_| alerts::stock_changed())
    }

    fn supply(&mut self, order_id: String, news: SupplyNews) -> Result<(), Refusal> {
        supply::supply(self, &order_id, news).inspect(|_| alerts::stock_changed())
    }

    fn set_open(&mut self, open: bool) -> Result<(), Refusal> {
        self.closed = !open;
        Ok(())
    }

    fn set_time_zone(&mut self, time_zone: String) -> Result<(), Refusal> {
        days::set_time_zone(self, &time_zone)
    }

    fn set_recipe(&mut self, recipe: Recipe) -> Result<(), Refusal> {
        bounds::set_recipe(&recipe)?;
        stock::set_recipe(self, &recipe);
        Ok(())
    }
}

#[silo_sdk::queries]
impl inventory_queries::Guest for Inventory {
    fn stock(&self) -> Vec<StockLine> {
        self.stock_lines()
    }

    fn menu(&self) -> Vec<Recipe> {
        menu::all()
    }

    fn alternatives(&self) -> Vec<String> {
        menu::makeable(&self.ledger)
    }

    fn offers(&self) -> Vec<Offer> {
        menu::offers(&self.ledger)
    }

    fn history(&self, days: u32) -> Vec<DayReport> {
        reports::history(days)
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
        books::movements(self, days, after.as_deref(), limit)
    }

    fn movements_of(&self, ingredient: String, days: u32) -> Result<IngredientReport, Refusal> {
        books::movements_of(self, &ingredient, days)
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Inventory {
    fn on_reminder(&mut self, name: String, due: u64, _missed: u32) {
        match name.as_str() {
            days::DAILY => self.end_days(due),
            reservations::EXPIRE => self.expire(),
            rules::AGAIN => self.order_again(),
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
