//! `/api/inventory/{id}`

mod orders;
mod report;
mod rules;
mod stock;

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{granted, plain, respond};
use crate::body::{JsonBody, Text};
use crate::caller::Caller;
use crate::endpoint::{Endpoint, Parameter, get, put};
use crate::identity::Role::{Kitchen, Manager};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::routes::lists;
use crate::schema::{Schemas, about};
use crate::time::{At, Day};
use stock::Stock;

/// How many days of history are told at most, and where the client does not say.
const DAYS: u32 = 90;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let own = vec![
        get("/api/inventory/{id}", read)
            .summary("What there is of each ingredient")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .gives(stock::schema),
        put("/api/inventory/{id}/stock", restock)
            .summary("Ingredients were delivered")
            .by(&[Manager], Ownership::Restaurant)
            .takes(|s| s.arguments("inventory", "restock", &[]))
            .for_example(|| json!({"dough": {"value": {"amounts": dough()}}}))
            .gives(stock::schema),
        put("/api/inventory/{id}/thresholds", set_thresholds)
            .summary("Below how much of an ingredient to warn")
            .by(&[Manager], Ownership::Restaurant)
            .takes(|s| s.arguments("inventory", "set-threshold", &[]))
            .for_example(|| json!({"dough": {"value": {"thresholds": dough()}}}))
            .gives(stock::schema),
        put("/api/inventory/{id}/rules", rules::set)
            .summary("When ingredients are ordered by themselves, and from whom")
            .by(&[Manager], Ownership::Restaurant)
            .takes(|s| s.arguments("inventory", "set-rules", &[]))
            .for_example(|| {
                let rule = json!({"ingredient": "dough", "orderBelow": 100, "upTo": 1000,
                    "supplierId": "market"});
                json!({"dough": {"value": {"rules": [rule]}}})
            })
            .gives(stock::schema),
        put("/api/inventory/{id}/recipes", set_recipe)
            .summary("Add a pizza to the menu, or change it")
            .by(&[Manager], Ownership::Restaurant)
            .takes(|s| s.body_of("inventory", "recipe").done())
            .for_example(|| {
                let (pizza, ingredients) = ("Bianca", dough());
                let bianca =
                    json!({"pizzaType": pizza, "priceCents": 990, "ingredients": ingredients});
                json!({"bianca": {"value": bianca}})
            })
            .gives(|s| {
                let menu = s.list_of("inventory", "recipe");
                lists::whole("menu", menu)
            }),
        get("/api/inventory/{id}/history", history)
            .summary("The daily reports, newest first")
            .by(&[Manager], Ownership::Restaurant)
            .query(&[Parameter {
                name: "days",
                about: "How many, 90 at most.",
                schema: |_| json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            }])
            .gives(history_schema),
    ];
    own.into_iter()
        .chain(orders::endpoints())
        .chain(report::endpoints())
        .collect()
}

fn dough() -> Value {
    json!([{"ingredient": "dough", "quantity": 10}])
}

fn history_schema(schemas: &mut Schemas) -> Value {
    let day = about("The date.", json!({"type": "string", "format": "date"}));
    let day = schemas
        .answer_of("inventory", "day-report")
        .with("day", day, true);
    lists::whole("days", json!({"type": "array", "items": day.done()}))
}

async fn read(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let reply = caller.ask(inventory, "stock").await?;
    respond(&reply, &Stock::plain(&id, &reply)?)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount<'a> {
    #[serde(borrow)]
    ingredient: Text<'a>,
    quantity: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery<'a> {
    #[serde(borrow)]
    amounts: Vec<Amount<'a>>,
}

async fn restock(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&caller, &id, "restock", &body.parse::<Delivery<'_>>()?).await
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds<'a> {
    #[serde(borrow)]
    thresholds: Vec<Amount<'a>>,
}

async fn set_thresholds(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let thresholds: Thresholds<'_> = body.parse()?;
    change(&caller, &id, "set-threshold", &thresholds).await
}

/// A pizza as the menu has it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Recipe<'a> {
    #[serde(borrow)]
    pizza_type: Text<'a>,
    price_cents: u32,
    #[serde(borrow)]
    ingredients: Vec<Amount<'a>>,
}

#[derive(Serialize)]
struct NewRecipe<'a> {
    recipe: Recipe<'a>,
}

/// The menu, as whoever has changed it hears.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Menu<'a> {
    restaurant_id: &'a str,
    menu: &'a RawValue,
}

impl<'a> Menu<'a> {
    fn of(restaurant_id: &'a str, reply: &'a Reply) -> Result<Self, Problem> {
        let menu = plain(reply)?;
        Ok(Self {
            restaurant_id,
            menu,
        })
    }
}

async fn set_recipe(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let recipe: Recipe<'_> = body.parse()?;
    let recipe = NewRecipe { recipe };
    let pointers = &[("/recipe", "")];
    let reply = caller
        .ask_with(inventory.clone(), "set-recipe", &recipe)
        .await;
    let reply = reply.map_err(|problem| problem.relocated(pointers))?;
    granted::<Option<()>>(&reply).map_err(|problem| problem.relocated(pointers))?;
    // The reply says only that it was done; the menu as it is now is another question.
    let menu = caller.for_another().ask(inventory, "menu").await?;
    respond(&reply, &Menu::of(&id, &menu)?)
}

async fn change(
    caller: &Caller,
    restaurant_id: &str,
    method: &str,
    arguments: &impl Serialize,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", restaurant_id)?;
    let reply = caller.ask_with(inventory, method, arguments).await?;
    respond(&reply, &Stock::granted(restaurant_id, &reply)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryQuery {
    days: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History<'a> {
    restaurant_id: &'a str,
    days: Vec<DayReport<'a>>,
}

#[derive(Serialize, Deserialize)]
struct DayReport<'a> {
    day: Day,
    at: At,
    #[serde(borrow)]
    lines: &'a RawValue,
}

async fn history(
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let arguments = [query.days.unwrap_or(DAYS).clamp(1, DAYS)];
    let reply = caller.ask_with(inventory, "history", &arguments).await?;
    let restaurant_id = &id;
    let days = plain(&reply)?;
    let answer = History {
        restaurant_id,
        days,
    };
    respond(&reply, &answer)
}
