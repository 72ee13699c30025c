//! A restaurant that only the load itself can bring to its limits.

use serde_json::json;

use crate::restaurant_setup::Restaurant;

/// More than any run uses, and still a number of 32 bits.
const PLENTY: u32 = 2_000_000_000;
/// Latitude and longitude in degrees.
const NAPLES: (f64, f64) = (40.8518, 14.2681);

/// One pizza, and plenty of ingredients.
pub(super) fn with_plenty(id: &str, chefs: u32) -> Restaurant {
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
