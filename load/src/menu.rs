//! What the demo's restaurants sell, and what goes into it.

use serde_json::{Value, json};

/// A pizza: its name, its price in cents, and how much of each ingredient it needs.
type Pizza = (&'static str, u32, &'static [(&'static str, u32)]);

const MENU: [Pizza; 7] = [
    (
        "Margherita",
        890,
        &[("dough", 1), ("tomato", 1), ("mozzarella", 1), ("basil", 1)],
    ),
    (
        "Pepperoni",
        1_090,
        &[
            ("dough", 1),
            ("tomato", 1),
            ("mozzarella", 1),
            ("pepperoni", 2),
        ],
    ),
    (
        "Funghi",
        1_040,
        &[
            ("dough", 1),
            ("tomato", 1),
            ("mozzarella", 1),
            ("mushroom", 2),
        ],
    ),
    (
        "Quattro Formaggi",
        1_190,
        &[
            ("dough", 1),
            ("mozzarella", 1),
            ("gorgonzola", 1),
            ("parmesan", 2),
        ],
    ),
    (
        "Vegetariana",
        1_090,
        &[
            ("dough", 1),
            ("tomato", 1),
            ("mozzarella", 1),
            ("pepper", 1),
            ("mushroom", 1),
        ],
    ),
    (
        "Diavola",
        1_140,
        &[
            ("dough", 1),
            ("tomato", 1),
            ("mozzarella", 1),
            ("salami", 2),
            ("chili", 1),
        ],
    ),
    (
        "Hawaii",
        1_090,
        &[
            ("dough", 1),
            ("tomato", 1),
            ("mozzarella", 1),
            ("ham", 1),
            ("pineapple", 1),
        ],
    ),
];

/// A recipe for each pizza, with its price, as `PUT /api/inventory/{id}/recipes` takes it.
pub(crate) fn recipes() -> Vec<Value> {
    let recipe = |(name, price_cents, ingredients): Pizza| {
        let ingredients = amounts(ingredients.iter().copied());
        json!({"pizzaType": name, "priceCents": price_cents, "ingredients": ingredients})
    };
    MENU.map(recipe).into()
}

/// Everything that goes into something, each once and in the order of the alphabet.
pub(crate) fn ingredients() -> Vec<&'static str> {
    let all = MENU.iter().flat_map(|(.., ingredients)| *ingredients);
    let mut names: Vec<_> = all.map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A list of ingredients and quantities, as the API takes it.
pub(crate) fn amounts<'a>(pairs: impl Iterator<Item = (&'a str, u32)>) -> Value {
    pairs
        .map(|(name, n)| json!({"ingredient": name, "quantity": n}))
        .collect()
}
