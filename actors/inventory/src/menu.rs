//! What can be made, and of what.

use silo_sdk::entries::Table;

use crate::bindings::types::Recipe;
use crate::ledger::Ledger;

/// By the name of the pizza.
const RECIPES: Table<Recipe> = Table::new("m");
/// A turn that lists the menu reads all of it, so it has an end.
const PIZZAS_MAX: u32 = 1_000;

pub(crate) fn recipe(pizza_type: &str) -> Option<Recipe> {
    RECIPES.get(pizza_type)
}

pub(crate) fn set_recipe(recipe: &Recipe) {
    RECIPES.insert(&recipe.pizza_type, recipe);
}

pub(crate) fn all() -> Vec<Recipe> {
    let names = RECIPES.keys(None, PIZZAS_MAX);
    names.iter().filter_map(|name| RECIPES.get(name)).collect()
}

/// Pizzas that could be made now, one of each.
pub(crate) fn makeable(ledger: &Ledger) -> Vec<String> {
    let recipes = all().into_iter();
    let possible = recipes.filter(|recipe| ledger.missing(&recipe.ingredients).is_empty());
    possible.map(|recipe| recipe.pizza_type).collect()
}
