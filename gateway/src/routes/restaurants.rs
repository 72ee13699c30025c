//! `/api/restaurants/{id}` and `/api/dashboard/{id}`

mod figures;
mod list;
mod orders;

use axum::response::Response;
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use self::figures::{Figures, Period};
use crate::access::Own;
use crate::access::Role::{Customer, Driver as Rider, Kitchen, Manager};
use crate::answer::{granted, plain, told};
use crate::caller::Caller;
use crate::dashboard;
use crate::endpoint::{Endpoint, Parameter, get};
use crate::openapi::{Schemas, events};
use crate::parameters::{Path, Query};
use crate::problem::Problem;
use crate::time::At;

const SPAN: &[Parameter] = &[
    Parameter {
        name: "by",
        about: "Hours of a week, or days of 90.",
        schema: |_| json!({"enum": ["hour", "day"], "default": "hour"}),
    },
    super::LIMIT,
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/restaurants", list::list)
            .summary("All restaurants, page by page")
            .by(&[Customer, Rider, Kitchen, Manager], Own::Anything)
            .query(list::PAGES)
            .gives(list::schema),
        get("/api/restaurants/{id}", read)
            .summary("A restaurant")
            .by(&[Customer, Rider, Kitchen, Manager], Own::Anything)
            .gives(|s| s.of("restaurant", "restaurant-state")),
        get("/api/restaurants/{id}/menu", menu)
            .summary("What there is to eat, and at what price")
            .by(&[Customer, Rider, Kitchen, Manager], Own::Menu)
            .gives(menu_schema),
        get("/api/restaurants/{id}/orders", orders::orders)
            .summary("Its orders, newest first, page by page")
            .by(&[Kitchen, Manager], Own::Restaurant)
            .query(orders::PAGES)
            .gives(orders::schema),
        get("/api/restaurants/{id}/drivers", drivers)
            .summary("Its drivers, as it last heard of them")
            .by(&[Manager], Own::Restaurant)
            .gives(|s| {
                let drivers = s.list_of("restaurant", "driver-view");
                super::of_restaurant("drivers", drivers)
            }),
        get("/api/restaurants/{id}/metrics", metrics)
            .summary("Its figures now, and of the last hour and day")
            .by(&[Manager], Own::Restaurant)
            .gives(|s| s.of("restaurant", "figures")),
        get("/api/restaurants/{id}/history", history)
            .summary("Its figures by hour or by day, newest first")
            .by(&[Manager], Own::Restaurant)
            .query(SPAN)
            .gives(|s| {
                let periods = s.list_of("restaurant", "period");
                super::of_restaurant("periods", periods)
            }),
        get("/api/dashboard/{id}/stream", dashboard::follow)
            .summary("Everything that happens in it: status, driver, eta, alert, gap")
            .by(&[Manager], Own::Restaurant)
            .query(super::orders::GO_ON)
            .gives_events("Dashboard", events::of_restaurant),
    ]
}

pub(super) fn menu_schema(schemas: &mut Schemas) -> Value {
    let menu = schemas.list_of("inventory", "recipe");
    super::of_restaurant("menu", menu)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Restaurant<'a> {
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
pub(super) struct Menu<'a> {
    restaurant_id: &'a str,
    menu: &'a RawValue,
}

impl<'a> Menu<'a> {
    pub(super) fn of(restaurant_id: &'a str, reply: &'a Reply) -> Result<Self, Problem> {
        let menu = plain(reply)?;
        Ok(Self {
            restaurant_id,
            menu,
        })
    }
}

/// What can be made of what, the inventory knows.
async fn menu(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let reply = caller.ask(inventory, "menu").await?;
    told(&reply, &Menu::of(&id, &reply)?)
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
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    offered: Option<&'a RawValue>,
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
