//! `/api/restaurants/{id}` and `/api/dashboard/{id}`

mod alerts;
mod board;
mod drivers;
mod durations;
mod list;
mod menu;
mod open;
mod orders;

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{granted, plain, respond};
use crate::caller::Caller;
use crate::dashboard;
use crate::endpoint::{Endpoint, Parameter, get, post, put};
use crate::event_stream;
use crate::identity::Role::{Customer, Driver, Kitchen, Manager};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::routes::lists;
use crate::schema::Schemas;
use crate::view::restaurant::Restaurant;
use crate::view::statistics::{Period, Statistics};

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
        menu::endpoint(),
        get("/api/restaurants/{id}/orders", orders::orders)
            .summary("Its orders, newest first, page by page")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .query(orders::PAGES)
            .gives(orders::schema),
        put("/api/restaurants/{id}/open", open::set)
            .summary("Say whether it takes orders now; those under way are made in any case")
            .by(&[Manager], Ownership::Restaurant)
            .takes(|s| s.arguments("restaurant", "set-open", &[]))
            .gives(|s| s.of("restaurant", "restaurant-state")),
        get("/api/restaurants/{id}/board", board::board)
            .summary("What a manager's screen begins with: all that is under way")
            .by(&[Manager], Ownership::Restaurant)
            .gives(board::schema),
        get("/api/restaurants/{id}/drivers", drivers::all)
            .summary("Its drivers, as it last heard of them")
            .by(&[Manager], Ownership::Restaurant)
            .gives(drivers::schema),
        get("/api/restaurants/{id}/free-drivers", drivers::free)
            .summary("Drivers who could take an order now, the nearest first")
            .by(&[Manager], Ownership::Restaurant)
            .gives(drivers::free_schema),
        get("/api/restaurants/{id}/alerts", alerts::list)
            .summary("What needs its manager's attention, newest first, page by page")
            .by(&[Manager], Ownership::Restaurant)
            .query(alerts::PAGES)
            .gives(alerts::schema),
        post("/api/restaurants/{id}/alerts/{alert}/seen", alerts::see)
            .summary("Say that an alert was seen; who says so first is remembered")
            .by(&[Manager], Ownership::Restaurant)
            .may_take(Schemas::nothing)
            .gives(|s| s.of("restaurant", "manager-alert")),
        get("/api/restaurants/{id}/durations", durations::durations)
            .summary("How long each stage, each chef and each driver took")
            .by(&[Manager], Ownership::Restaurant)
            .query(durations::SPAN)
            .gives(durations::schema),
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
            .summary("Everything that happens in it: orders, drivers, alerts, and what follows")
            .by(&[Manager], Ownership::Restaurant)
            .query(event_stream::LAST_EVENT_ID)
            .gives_events("Dashboard", dashboard::events),
    ]
}

async fn read(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let reply = caller.ask(ActorId::new("restaurant", id)?, "get").await?;
    respond(&reply, &granted::<Restaurant<'_>>(&reply)?)
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
