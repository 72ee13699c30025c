//! Load generators. They know the pizzeria only by its public doors.

pub(crate) mod list;
pub(crate) mod mqtt;
pub(crate) mod orders;
mod report;
pub(crate) mod swaps;

use serde_json::json;

use crate::set_up::Restaurant;

const PLENTY: u32 = 2_000_000_000;
const NAPLES: (f64, f64) = (40.8518, 14.2681);

/// One pizza, and plenty of ingredients.
fn restaurant(id: &str, chefs: u32) -> Restaurant {
    let names = ["dough", "tomato", "mozzarella", "basil"];
    let ingredients = names.map(|name| json!({"ingredient": name, "quantity": 1}));
    let margherita =
        json!({"pizzaType": "Margherita", "priceCents": 890, "ingredients": ingredients});
    Restaurant {
        id: id.to_owned(),
        location: NAPLES,
        drivers: Vec::new(),
        chefs,
        menu: vec![margherita],
        on_hand: PLENTY,
    }
}
