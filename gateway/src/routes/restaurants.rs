//! `/api/restaurants/{id}` and `/api/dashboard/{id}`

mod figures;
mod orders;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use self::figures::{Figures, Period};
use crate::answer::{granted, plain, told};
use crate::caller::Caller;
use crate::dashboard;
use crate::parameters::{Path, Query};
use crate::problem::Problem;
use crate::server::App;
use crate::time::At;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/restaurants/{id}", get(read))
        .route("/api/restaurants/{id}/menu", get(menu))
        .route("/api/restaurants/{id}/orders", get(orders::orders))
        .route("/api/restaurants/{id}/drivers", get(drivers))
        .route("/api/restaurants/{id}/metrics", get(metrics))
        .route("/api/restaurants/{id}/history", get(history))
        .route("/api/dashboard/{id}/stream", get(dashboard::follow))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Restaurant<'a> {
    #[serde(borrow)]
    restaurant_id: &'a RawValue,
    #[serde(borrow)]
    profile: &'a RawValue,
    opened_at: At,
}

async fn read(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let reply = caller.ask(ActorId::new("restaurant", id)?, "get").await?;
    told(&reply, &granted::<Restaurant<'_>>(&reply)?)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Menu<'a> {
    restaurant_id: &'a str,
    menu: &'a RawValue,
}

/// What can be made of what, the inventory knows.
async fn menu(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let reply = caller.ask(inventory, "menu").await?;
    let restaurant_id = &id;
    let menu = plain(&reply)?;
    let answer = Menu {
        restaurant_id,
        menu,
    };
    told(&reply, &answer)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    #[serde(borrow)]
    driver_id: &'a RawValue,
    status: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    location: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    located_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a RawValue>,
    lost_signal: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Drivers<'a> {
    restaurant_id: &'a str,
    drivers: Vec<Driver<'a>>,
}

async fn drivers(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    let reply = caller.ask(restaurant, "drivers").await?;
    let drivers = plain(&reply)?;
    let restaurant_id = &id;
    let answer = Drivers {
        restaurant_id,
        drivers,
    };
    told(&reply, &answer)
}

async fn metrics(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id)?;
    let reply = caller.ask(restaurant, "metrics").await?;
    told(&reply, &plain::<Figures<'_>>(&reply)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    /// `hour`, unless it is `day`.
    #[serde(default)]
    by: By,
    limit: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Hour,
    Day,
}

#[derive(Serialize)]
struct Limit {
    limit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History<'a> {
    restaurant_id: &'a str,
    periods: Vec<Period>,
}

/// Newest first: the hours of a week, or the days of 90.
async fn history(
    caller: Caller,
    Path(id): Path<String>,
    Query(span): Query<Span>,
) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    let (method, usual) = match span.by {
        By::Hour => ("hours", 24),
        By::Day => ("days", 30),
    };
    let limit = span.limit.unwrap_or(usual);
    let reply = caller
        .ask_with(restaurant, method, &Limit { limit })
        .await?;
    let answer = History {
        restaurant_id: &id,
        periods: plain(&reply)?,
    };
    told(&reply, &answer)
}
