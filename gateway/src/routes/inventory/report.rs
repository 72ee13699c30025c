//! `/api/inventory/{id}/report`: what came and went of each ingredient, day by day.

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{granted, plain, respond};
use crate::caller::Caller;
use crate::endpoint::{Endpoint, Parameter, get};
use crate::identity::Role::Manager;
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::routes::lists::{AFTER, LIMIT, paged};
use crate::schema::Schemas;
use crate::time::Day;

/// How many days are told at most, and where the client does not say.
const DAYS: u32 = 90;
/// How many ingredients a page has where the client does not say; [`PAGE_MAX`] is the most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 100;

const SPAN: Parameter = Parameter {
    name: "days",
    about: "How many, today included; 90 at most.",
    schema: |_| json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
};
const PAGES: &[Parameter] = &[SPAN, AFTER, LIMIT];
const DAYS_ALONE: &[Parameter] = &[SPAN];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/inventory/{id}/report", report)
            .summary("What was supplied, used, wasted and ordered of each ingredient, by day")
            .by(&[Manager], Ownership::Restaurant)
            .query(PAGES)
            .gives(schema),
        get("/api/inventory/{id}/report/{ingredient}", report_of)
            .summary("The same of one ingredient")
            .by(&[Manager], Ownership::Restaurant)
            .query(DAYS_ALONE)
            .gives(of_one),
    ]
}

fn schema(schemas: &mut Schemas) -> Value {
    let of_one = of_one(schemas);
    let next = json!({"type": "string", "description": "What to ask for as `after`"});
    paged(
        "ingredients",
        json!({"type": "array", "items": of_one}),
        next,
    )
}

fn of_one(schemas: &mut Schemas) -> Value {
    let date = json!({"type": "string", "format": "date", "description": "The date."});
    let day = schemas.answer_of("inventory", "day-movement");
    // By the contract's own name, which the report refers to: a day is told as a date here.
    let day = schemas.name("InventoryDayMovement", day.with("day", date, true).done());
    let days = json!({
        "type": "array",
        "description": "Days on which something happened, newest first",
        "items": day,
    });
    let of_one = schemas.answer_of("inventory", "ingredient-report");
    schemas.name("IngredientReport", of_one.with("days", days, true).done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportQuery {
    days: Option<u32>,
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Arguments {
    days: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    limit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    restaurant_id: &'a str,
    ingredients: Vec<Ingredient<'a>>,
    /// What to ask for as `after` to see more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
struct Ingredient<'a> {
    #[serde(borrow)]
    ingredient: &'a RawValue,
    supplied: u64,
    used: u64,
    wasted: u64,
    ordered: u64,
    days: Vec<Movement>,
}

#[derive(Serialize, Deserialize)]
struct Movement {
    day: Day,
    supplied: u64,
    used: u64,
    wasted: u64,
    ordered: u64,
}

async fn report(
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let arguments = Arguments {
        // Clamped, not refused: to ask for too much is to ask for all.
        days: query.days.unwrap_or(DAYS).clamp(1, DAYS),
        after: query.after,
        limit,
    };
    let reply = caller.ask_with(inventory, "movements", &arguments).await?;
    let ingredients: Vec<Ingredient<'_>> = plain(&reply)?;
    // A page that is full may be the last one: then the next is empty, which costs one request.
    let full = ingredients.len() >= limit as usize;
    let next = ingredients
        .last()
        .filter(|_| full)
        .map(|last| last.ingredient);
    let answer = Report {
        restaurant_id: &id,
        ingredients,
        next,
    };
    respond(&reply, &answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneQuery {
    days: Option<u32>,
}

#[derive(Serialize)]
struct OfOne {
    ingredient: String,
    days: u32,
}

async fn report_of(
    caller: Caller,
    Path((id, ingredient)): Path<(String, String)>,
    Query(query): Query<OneQuery>,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id)?;
    let days = query.days.unwrap_or(DAYS).clamp(1, DAYS);
    let arguments = OfOne { ingredient, days };
    let reply = caller
        .ask_with(inventory, "movements-of", &arguments)
        .await?;
    respond(&reply, &granted::<Ingredient<'_>>(&reply)?)
}
