//! How many of each pizza could be made.

use super::*;

fn amounts(amounts: &[(&str, u32)]) -> Vec<Amount> {
    let amount = |(ingredient, quantity): &(&str, u32)| Amount {
        ingredient: (*ingredient).to_owned(),
        quantity: *quantity,
    };
    amounts.iter().map(amount).collect()
}

#[test]
fn the_scarcest_ingredient_says_how_many() {
    let _host = Host::new("inventory", "napoli");
    let mut inventory = Inventory::default();
    let stock = [("dough", 10), ("tomato", 9), ("chili", 1)];
    inventory.restock(amounts(&stock)).unwrap();
    for (pizza, ingredients) in [
        ("Bianca", &[("dough", 1)][..]),
        ("Diavola", &[("dough", 1), ("tomato", 2), ("chili", 2)]),
        ("Marinara", &[("dough", 1), ("tomato", 2)]),
        // It names one of them twice, which makes four of it.
        ("Rossa", &[("tomato", 2), ("dough", 1), ("tomato", 2)]),
        ("Truffle", &[("dough", 1), ("truffle", 1)]),
    ] {
        let recipe = Recipe {
            pizza_type: pizza.to_owned(),
            price_cents: 700,
            ingredients: amounts(ingredients),
        };
        inventory.set_recipe(recipe).unwrap();
    }
    let offers = || inventory.offers().into_iter();
    let can_make: Vec<_> = offers()
        .map(|offer| (offer.pizza_type, offer.can_make))
        .collect();
    let expected = [
        ("Bianca", 10),
        ("Diavola", 0),
        ("Marinara", 4),
        ("Rossa", 2),
        ("Truffle", 0),
    ];
    assert_eq!(
        can_make,
        expected.map(|(name, count)| (name.to_owned(), count))
    );
    // What can be made at all is the same to whoever is refused something else.
    let some: Vec<_> = offers().filter(|offer| offer.can_make > 0).collect();
    let some: Vec<_> = some.into_iter().map(|offer| offer.pizza_type).collect();
    assert_eq!(inventory.alternatives(), some);
}
