//! `/api/restaurants/{id}` and `/api/dashboard/{id}`

mod list;
mod orders;
mod restaurant;
mod statistics;

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use self::restaurant::Restaurant;
use self::statistics::{Period, Statistics};
use crate::answer::{granted, plain, respond};
use crate::caller::Caller;
use crate::dashboard;
use crate::endpoint::{Endpoint, Parameter, get};
use crate::event_stream;
use crate::identity::Role::{Customer, Driver, Kitchen, Manager};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::routes::lists;
use crate::schema::{Schemas, events};
use crate::time::At;

const SPAN: &[Parameter] = &[
    Parameter {
        name: "by",
        about: "Hours of a week, or days of 90.",
        schema: |_| json!({"enum": ["hour", "day"], "default": "hour"}),
    },
    lists::LIMIT,
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/restaurants", list::list)
            .summary("All restaurants, page by page")
            .by(&[Customer, Driver, Kitchen, Manager], Ownership::Anything)
            .query(list::PAGES)
            .gives(list::schema),
        get("/api/restaurants/{id}", read)
            .summary("A restaurant")
            .by(&[Customer, Driver, Kitchen, Manager], Ownership::Anything)
            .gives(|s| s.of("restaurant", "restaurant-state")),
        get("/api/restaurants/{id}/menu", menu)
            .summary("What there is to eat, and at what price")
            .by(&[Customer, Driver, Kitchen, Manager], Ownership::Menu)
            .gives(menu_schema),
        get("/api/restaurants/{id}/orders", orders::orders)
            .summary("Its orders, newest first, page by page")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .query(orders::PAGES)
            .gives(orders::schema),
        get("/api/restaurants/{id}/drivers", drivers)
            .summary("Its drivers, as it last heard of them")
            .by(&[Manager], Ownership::Restaurant)
            .gives(|s| {
                let drivers = s.list_of("restaurant", "driver-view");
                lists::whole("drivers", drivers)
            }),
        get("/api/restaurants/{id}/metrics", metrics)
            .summary("Its figures now, and of the last hour and day")
            .by(&[Manager], Ownership::Restaurant)
            .gives(|s| s.of("restaurant", "figures")),
        get("/api/restaurants/{id}/history", history)
            .summary("Its figures by hour or by day, newest first")
            .by(&[Manager], Ownership::Restaurant)
            .query(SPAN)
            .gives(|s| {
                let periods = s.list_of("restaurant", "period");
                lists::whole("periods", periods)
            }),
        get("/api/dashboard/{id}/stream", dashboard::follow)
            .summary("Everything that happens in it: status, driver, eta, alert, gap")
            .by(&[Manager], Ownership::Restaurant)
            .query(event_stream::LAST_EVENT_ID)
            .gives_events("Dashboard", events::of_restaurant),
    ]
}

pub(super) fn menu_schema(schemas: &mut Schemas) -> Value {
    let menu = schemas.list_of("inventory", "recipe");
    lists::whole("menu", menu)
}

async fn read(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let reply = caller.ask(ActorId::new("restaurant", id)?, "get").await?;
    respond(&reply, &granted::<Restaurant<'_>>(&reply)?)
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

/// The menu. The inventory has it, because it knows what can be made of what.
async fn menu(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let reply = caller.ask(inventory, "menu").await?;
    respond(&reply, &Menu::of(&id, &reply)?)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DriverView<'a> {
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
    drivers: Vec<DriverView<'a>>,
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
    respond(&reply, &answer)
}

async fn metrics(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id)?;
    let reply = caller.ask(restaurant, "metrics").await?;
    respond(&reply, &plain::<Statistics<'_>>(&reply)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    /// How long each period is: an hour, unless the query says `day`.
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

/// The figures of past periods, newest first: the hours of a week, or the days of 90.
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
    // The actor bounds it by what it keeps.
    let limit = span.limit.unwrap_or(usual);
    let reply = caller
        .ask_with(restaurant, method, &Limit { limit })
        .await?;
    let answer = History {
        restaurant_id: &id,
        periods: plain(&reply)?,
    };
    respond(&reply, &answer)
}
