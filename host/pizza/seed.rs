//! A small restaurant for the first look, set up once over the actors' own commands.

use anyhow::{Context, anyhow};
use pizza_client::{Call, Client, Refused};
use pizza_types::{ActorId, MessageId};
use serde_json::{Value, json};

const CHEFS: u32 = 3;

/// Name, price in cents, ingredients.
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

const THRESHOLD: u32 = 50;
/// Of the place where it is.
pub(crate) const TIME_ZONE: &str = "Europe/Rome";
/// What is below the first number is ordered, up to the second.
const REORDER: (u32, u32) = (100, 1_000);

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

/// Sets up one restaurant with menu, stock and chefs. Doing it again changes nothing.
pub(crate) async fn set_up(client: &Client, restaurant: &str, stock: u32) -> anyhow::Result<()> {
    let profile = json!([{
        "name": restaurant, "region": "eu", "location": {"lat": 40.8518, "lon": 14.2681},
        "open": true, "drivers": [], "timeZone": TIME_ZONE,
    }]);
    tell(client, "restaurant", restaurant, "configure", profile).await?;
    for recipe in menu() {
        tell(
            client,
            "inventory",
            restaurant,
            "set-recipe",
            json!([recipe]),
        )
        .await?;
    }
    let mut names: Vec<&str> = MENU.iter().flat_map(|m| m.2.iter().map(|i| i.0)).collect();
    names.sort_unstable();
    names.dedup();
    let filling = amounts(names.iter().map(|name| (*name, stock)));
    tell(client, "inventory", restaurant, "restock", json!([filling])).await?;
    let thresholds = amounts(names.iter().map(|name| (*name, THRESHOLD)));
    tell(
        client,
        "inventory",
        restaurant,
        "set-threshold",
        json!([thresholds]),
    )
    .await?;
    order_by_itself(client, restaurant).await?;
    for chef in 1..=CHEFS {
        tell(
            client,
            "kitchen",
            restaurant,
            "clock-in",
            json!([chef.to_string()]),
        )
        .await?;
    }
    Ok(())
}

/// Suppliers for everything, and a rule for each ingredient.
async fn order_by_itself(client: &Client, restaurant: &str) -> anyhow::Result<()> {
    let mut rules = Vec::new();
    for (supplier, minutes, lot_max, fails_every, prices) in SUPPLIERS {
        let sold = prices.iter();
        let sold = sold.map(|(name, cents)| json!({"ingredient": name, "unitCents": cents}));
        let profile = json!([{
            "name": supplier, "leadMs": minutes * 60_000, "prices": sold.collect::<Value>(),
            "lotMax": lot_max, "failsEvery": fails_every,
        }]);
        tell(client, "supplier", supplier, "configure", profile).await?;
        rules.extend(prices.iter().map(|(name, _)| {
            json!({"ingredient": name, "orderBelow": REORDER.0, "upTo": REORDER.1,
                "supplierId": supplier})
        }));
    }
    let rules = json!([rules]);
    tell(client, "inventory", restaurant, "set-rules", rules).await
}

/// A recipe for each pizza, with its price.
pub(crate) fn menu() -> Vec<Value> {
    let recipe = |(name, price_cents, ingredients): Pizza| {
        let ingredients = amounts(ingredients.iter().copied());
        json!({"pizzaType": name, "priceCents": price_cents, "ingredients": ingredients})
    };
    MENU.map(recipe).into()
}

fn amounts<'a>(pairs: impl Iterator<Item = (&'a str, u32)>) -> Value {
    pairs
        .map(|(name, n)| json!({"ingredient": name, "quantity": n}))
        .collect()
}

/// The message's id follows from what it says, so that a set-up that was cut short can be
/// done again from the start.
async fn tell(
    client: &Client,
    actor_type: &str,
    key: &str,
    method: &str,
    arguments: Value,
) -> anyhow::Result<()> {
    let text = arguments.to_string();
    let parts = [actor_type, key, method, &text].map(str::as_bytes);
    let id = MessageId::derive("demo", &parts);
    let target = ActorId::new(actor_type, key)?;
    let call = Call::new(target, method)
        .id(Some(id))
        .arguments(&arguments)?;
    let answer: Result<Value, Refused<Value>> = client.ask(call).await;
    match answer {
        Ok(_) => Ok(()),
        Err(Refused::Declined(why)) => Err(anyhow!("{actor_type}/{key} declines {method}: {why}")),
        Err(error) => Err(error).with_context(|| format!("{actor_type}/{key} {method}")),
    }
}
