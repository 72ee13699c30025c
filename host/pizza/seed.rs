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
