//! What a new data directory begins with in a demo: a small restaurant for the first look, as
//! commands to its actors. Who gives them decides how; given twice, they change nothing.

use serde_json::{Value, json};

use crate::menu::{amounts, ingredients, recipes};
use crate::restaurant_setup::TIME_ZONE;

/// A command to one actor.
pub struct Command {
    pub actor_type: &'static str,
    pub key: String,
    pub method: &'static str,
    /// The arguments of the method, by position.
    pub arguments: Value,
}

/// Chefs who are clocked in at the restaurant.
const CHEFS: u32 = 3;
/// How much there is of each ingredient, so that a first look can go on for days.
const STOCK: u32 = 1_000_000;
/// The inventory warns when there is less than this of an ingredient.
const THRESHOLD: u32 = 50;
/// What is below the first number is ordered, up to the second. The first is above
/// [`THRESHOLD`]: a warning is about what was not ordered in time.
const REORDER: (u32, u32) = (100, 1_000);
/// Who drives for it, once somebody has signed in as them and gone on duty.
const DRIVER: &str = "driver-1";
const MINUTE_MS: u64 = 60_000;

/// Name, lead time in minutes, most in one delivery, every how many orders one fails, and
/// what is sold at which price in cents.
type Supplier = (
    &'static str,
    u64,
    Option<u32>,
    Option<u32>,
    &'static [(&'static str, u32)],
);

const SUPPLIERS: [Supplier; 3] = [
    (
        "market",
        30,
        None,
        None,
        &[
            ("dough", 35),
            ("tomato", 40),
            ("basil", 15),
            ("mushroom", 30),
            ("pepper", 25),
            ("chili", 10),
        ],
    ),
    // Brings much in several deliveries.
    (
        "dairy",
        60,
        Some(400),
        None,
        &[("mozzarella", 95), ("gorgonzola", 110), ("parmesan", 120)],
    ),
    // Loses one order in four.
    (
        "importer",
        120,
        None,
        Some(4),
        &[
            ("pepperoni", 60),
            ("salami", 65),
            ("ham", 70),
            ("pineapple", 45),
        ],
    ),
];

/// Where that restaurant is, in the city of the demo.
const ADDRESS: &str = "Corso Umberto 1";

/// One restaurant with menu, stock, suppliers and chefs, in the order in which they are to be
/// given: stock is counted in ingredients of recipes, and ordered from suppliers that are there.
#[must_use]
pub fn commands(restaurant: &str) -> Vec<Command> {
    let to = |actor_type, method, arguments| Command {
        actor_type,
        key: restaurant.to_owned(),
        method,
        arguments,
    };
    // The same centre of Naples that the scenes use.
    let profile = json!([{
        "name": restaurant, "region": "eu", "location": {"lat": 40.8518, "lon": 14.2681},
        "open": true, "drivers": [DRIVER], "timeZone": TIME_ZONE,
        "address": ADDRESS,
    }]);
    let mut all = vec![to("restaurant", "configure", profile)];
    for recipe in recipes() {
        all.push(to("inventory", "set-recipe", json!([recipe])));
    }
    let names = ingredients();
    let of_each = |amount: u32| json!([amounts(names.iter().map(|name| (*name, amount)))]);
    all.push(to("inventory", "restock", of_each(STOCK)));
    all.push(to("inventory", "set-threshold", of_each(THRESHOLD)));
    let mut rules = Vec::new();
    for supplier in SUPPLIERS {
        all.push(configured(supplier));
        rules.extend(rules_for(supplier));
    }
    all.push(to("inventory", "set-rules", json!([rules])));
    for chef in 1..=CHEFS {
        all.push(to("kitchen", "clock-in", json!([chef.to_string()])));
    }
    all
}

fn configured((name, minutes, lot_max, fails_every, prices): Supplier) -> Command {
    let sold = prices.iter();
    let sold = sold.map(|(name, cents)| json!({"ingredient": name, "unitCents": cents}));
    let profile = json!([{
        "name": name, "leadMs": minutes * MINUTE_MS, "prices": sold.collect::<Value>(),
        "lotMax": lot_max, "failsEvery": fails_every,
    }]);
    Command {
        actor_type: "supplier",
        key: name.to_owned(),
        method: "configure",
        arguments: profile,
    }
}

/// When to order from this supplier, for each ingredient that it sells.
fn rules_for((supplier, .., prices): Supplier) -> impl Iterator<Item = Value> {
    prices.iter().map(move |(name, _)| {
        json!({"ingredient": name, "orderBelow": REORDER.0, "upTo": REORDER.1,
            "supplierId": supplier})
    })
}

/// Whom a token of this role stands for that is made to try the API with.
#[must_use]
pub fn subject(role: &str, restaurant: &str) -> String {
    match role {
        "customer" => "customer-1".to_owned(),
        "driver" => DRIVER.to_owned(),
        "kitchen" | "manager" => restaurant.to_owned(),
        // An admin is nobody's.
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_on_the_menu_is_sold_by_one_supplier() {
        let sold = SUPPLIERS.iter().flat_map(|(.., prices)| *prices);
        let mut sold: Vec<_> = sold.map(|(name, _)| *name).collect();
        sold.sort_unstable();
        assert_eq!(sold, ingredients());
    }
}
