//! What can be made, and of what.

use silo_sdk::entries::Table;

use crate::bindings::types::{Offer, Recipe};
use crate::ledger::Ledger;

/// The recipes, by the name of the pizza.
const RECIPES: Table<Recipe> = Table::new("m");
/// The most pizzas of a menu that are read: a turn that lists it reads all of them.
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

/// The menu, and how many of each could be made now.
pub(crate) fn offers(ledger: &Ledger) -> Vec<Offer> {
    let offer = |recipe: Recipe| Offer {
        can_make: ledger.enough_for(&recipe.ingredients),
        pizza_type: recipe.pizza_type,
        price_cents: recipe.price_cents,
        ingredients: recipe.ingredients,
    };
    all().into_iter().map(offer).collect()
}

/// The names of the pizzas of which one could be made now.
pub(crate) fn makeable(ledger: &Ledger) -> Vec<String> {
    let recipes = all().into_iter();
    let possible = recipes.filter(|recipe| ledger.missing(&recipe.ingredients).is_empty());
    possible.map(|recipe| recipe.pizza_type).collect()
}
