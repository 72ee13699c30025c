//! `/api/inventory/{id}`

use axum::Router;
use axum::response::Response;
use axum::routing::{get, put};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer::{granted, plain, told};
use crate::body::{JsonBody, Text};
use crate::caller::Caller;
use crate::parameters::{Path, Query};
use crate::problem::Problem;
use crate::server::App;
use crate::time::{At, Day};

const DAYS: u32 = 90;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/inventory/{id}", get(stock))
        .route("/api/inventory/{id}/stock", put(restock))
        .route("/api/inventory/{id}/thresholds", put(set_thresholds))
        .route("/api/inventory/{id}/history", get(history))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stock<'a> {
    restaurant_id: &'a str,
    stock: &'a RawValue,
}

async fn stock(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let reply = caller.ask(inventory, "stock").await?;
    let restaurant_id = &id;
    let stock = plain(&reply)?;
    let answer = Stock {
        restaurant_id,
        stock,
    };
    told(&reply, &answer)
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

async fn change(
    caller: &Caller,
    restaurant_id: &str,
    method: &str,
    arguments: &impl Serialize,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", restaurant_id)?;
    let reply = caller.ask_with(inventory, method, arguments).await?;
    let stock = granted(&reply)?;
    let answer = Stock {
        restaurant_id,
        stock,
    };
    told(&reply, &answer)
}

#[derive(Deserialize)]
struct Asked {
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
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let arguments = [asked.days.unwrap_or(DAYS).clamp(1, DAYS)];
    let reply = caller.ask_with(inventory, "history", &arguments).await?;
    let restaurant_id = &id;
    let days = plain(&reply)?;
    let answer = History {
        restaurant_id,
        days,
    };
    told(&reply, &answer)
}
