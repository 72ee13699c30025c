//! `GET /api/restaurants/{id}/board`: what a manager's screen begins with, and where its stream goes on
//! from there.

use std::collections::BTreeMap;

use axum::response::Response;
use bytes::Bytes;
use pizza_http::extract::Path;
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{granted, plain, respond};
use crate::caller::Caller;
use crate::dashboard::STREAM;
use crate::feed::Feed;
use crate::look;
use crate::problem::Problem;
use crate::refused;
use crate::schema::{Object, Schemas, about};
use crate::time::At;
use crate::view::alert::Alert;
use crate::view::driver::{self, BoardDriver};
use crate::view::kitchen::{self, Overview, Station};
use crate::view::open_order::{self, OpenOrder};
use crate::view::restaurant::Restaurant;
use crate::view::statistics::Statistics;
use crate::view::stock::StockLine;

/// How many orders the restaurant tells at once; fewer where they are large.
const PAGE: u32 = 200;
/// How many pages are asked for behind the first one: more orders than any kitchen has under way, so
/// that no answer grows without end.
const PAGES_MAX: usize = 64;
/// How many of the events before the position are looked through for what drivers said last: the
/// restaurant hears less of them than the stream does.
const LATELY: u64 = 256;

/// What the restaurant tells of itself.
#[derive(Deserialize)]
struct Board<'a> {
    position: u64,
    #[serde(borrow)]
    restaurant: Restaurant<'a>,
    #[serde(borrow)]
    orders: Vec<OpenOrder<'a>>,
    #[serde(borrow)]
    drivers: Vec<BoardDriver<'a>>,
    #[serde(borrow)]
    alerts: Vec<Alert<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    position: u64,
    server_time: At,
    restaurant: Restaurant<'a>,
    figures: Statistics<'a>,
    orders: Vec<OpenOrder<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<bool>,
    drivers: Vec<BoardDriver<'a>>,
    alerts: Vec<Alert<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stock: Option<Vec<StockLine<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kitchen: Option<kitchen::Figures<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chefs: Option<Vec<Station<'a>>>,
}

/// What a driver has said, of all that is in the stream.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said<'a> {
    kind: &'a str,
    at: At,
    #[serde(borrow, default)]
    driver: Option<BoardDriver<'a>>,
    #[serde(borrow, default)]
    driver_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    location: Option<&'a RawValue>,
    #[serde(borrow, default)]
    heading: Option<&'a RawValue>,
}

pub(super) async fn board(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    // Before the others are asked: the restaurant says up to where it has heard, and what happens in
    // between is told twice, and not missed.
    let mut reply = caller.ask(restaurant.clone(), "board").await?;
    let mut newest = None;
    if granted::<Board<'_>>(&reply)?.position == 0 {
        // It has heard nothing since it has a module that remembers it, so that the newest event says up
        // to where. What is published after the answer is not in it: it is asked again.
        let known = Feed::newest(&caller.app, STREAM, &id).await;
        newest = Some(known.map_err(|error| refused::call(error, caller.id))?);
        let another = caller.for_another();
        reply = another.ask(restaurant.clone(), "board").await?;
    }
    let mut board: Board<'_> = granted(&reply)?;
    if let Some(newest) = newest
        && board.position == 0
    {
        board.position = newest;
    }
    let (seen, pages, lately) = tokio::join!(
        look::look(&caller, &id),
        more_orders(&caller, &restaurant, &board.orders),
        lately(&caller, &id, board.position),
    );
    let (seen, (pages, more), lately) = (seen?, pages?, lately?);
    let figures = seen.figures?;
    let mut orders = board.orders;
    for page in &pages {
        orders.extend(plain::<Vec<OpenOrder<'_>>>(page)?);
    }
    for event in &lately {
        hear(&mut board.drivers, event);
    }
    let kitchen = seen.kitchen.as_ref().map(plain::<Overview<'_>>);
    let (kitchen, chefs) = kitchen.transpose()?.map(|k| (k.status, k.stations)).unzip();
    let stock = seen.stock.as_ref().map(plain::<Vec<StockLine<'_>>>);
    let snapshot = Snapshot {
        position: board.position,
        server_time: At::from_ms(caller.app.client().transport().now_ms()),
        restaurant: board.restaurant,
        figures: plain(&figures)?,
        orders: once(orders),
        more: more.then_some(true),
        drivers: board.drivers,
        alerts: board.alerts,
        stock: stock.transpose()?,
        kitchen,
        chefs,
    };
    respond(&reply, &snapshot)
}

#[derive(Serialize)]
struct Page<'a> {
    after: &'a RawValue,
    limit: u32,
}

#[derive(Deserialize)]
struct Cursor<'a> {
    #[serde(borrow)]
    cursor: &'a RawValue,
}

/// The orders behind the first page, page by page, until one is empty: that one has fewer than were
/// asked for does not say that it is the last. And whether there may be others behind them.
async fn more_orders(
    caller: &Caller,
    restaurant: &ActorId,
    first: &[OpenOrder<'_>],
) -> Result<(Vec<Reply>, bool), Problem> {
    let mut pages = Vec::new();
    let mut after = first.last().map(|last| last.cursor.to_owned());
    while let Some(cursor) = after {
        if pages.len() == PAGES_MAX {
            return Ok((pages, true));
        }
        let page = Page {
            after: &cursor,
            limit: PAGE,
        };
        let another = caller.for_another();
        let reply = another
            .ask_with(restaurant.clone(), "open-orders", &page)
            .await?;
        let cursors: Vec<Cursor<'_>> = plain(&reply)?;
        after = cursors.last().map(|last| last.cursor.to_owned());
        if after.is_some() {
            pages.push(reply);
        }
    }
    Ok((pages, false))
}

/// Each order once, as it is known last, the oldest first: one that moved on while pages were turned
/// is on two of them.
fn once(orders: Vec<OpenOrder<'_>>) -> Vec<OpenOrder<'_>> {
    let mut by_id: BTreeMap<&str, OpenOrder<'_>> = BTreeMap::new();
    for order in orders {
        let id = order.order_id.get();
        let known = by_id.get(id).map(|known| known.version);
        if known.is_none_or(|known| known < order.version) {
            by_id.insert(id, order);
        }
    }
    let mut orders: Vec<_> = by_id.into_values().collect();
    orders.sort_by_key(|order| order.created_at);
    orders
}

/// The last events up to this position.
async fn lately(caller: &Caller, id: &str, position: u64) -> Result<Vec<Bytes>, Problem> {
    let transport = caller.app.client().transport();
    let after = position.saturating_sub(LATELY);
    // A number below 257.
    let count = usize::try_from(position - after).unwrap_or_default();
    if count == 0 {
        return Ok(Vec::new());
    }
    let page = transport.events(STREAM, id, after, count).await;
    let page = page.map_err(|error| refused::call(error, caller.id))?;
    let upto = page
        .events
        .into_iter()
        .filter(|event| event.position <= position);
    Ok(upto.map(|event| event.payload).collect())
}

/// Takes what a driver has said. It is at least as new as what the restaurant knows, or followed by
/// what is.
fn hear<'a>(drivers: &mut [BoardDriver<'a>], event: &'a Bytes) {
    let Ok(said) = serde_json::from_slice::<Said<'_>>(event) else {
        return;
    };
    let id = match (said.kind, &said.driver) {
        ("driver-state", Some(driver)) => Some(driver.driver_id),
        ("position", _) => said.driver_id,
        _ => None,
    };
    let Some(id) = id.map(RawValue::get) else {
        return;
    };
    let Some(known) = drivers
        .iter_mut()
        .find(|driver| driver.driver_id.get() == id)
    else {
        return;
    };
    if let Some(driver) = said.driver {
        *known = driver;
    } else if said.location.is_some() && known.located_at.is_none_or(|at| at <= said.at) {
        known.location = said.location;
        known.located_at = Some(said.at);
        known.heading = said.heading;
    }
}

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let position = json!({"type": "integer", "minimum": 0});
    let position = about(
        "Where the restaurant's stream goes on: all events up to this one are contained.",
        position,
    );
    let time = json!({"type": "string", "format": "date-time"});
    let time = about("When it was so, by the server's clock.", time);
    let list = |text: &str, items: Value| about(text, json!({"type": "array", "items": items}));
    let orders = list(
        "Those that have not ended, oldest first.",
        open_order::schema(schemas),
    );
    let more = about(
        "Whether there may be orders besides, which are left out; absent where all are told.",
        json!({"type": "boolean"}),
    );
    let drivers = list("All of them.", driver::schema(schemas));
    let stock = list(
        "Absent when the inventory gave no answer.",
        schemas.of("inventory", "stock-line"),
    );
    let chefs = list(
        "Absent when the kitchen gave no answer.",
        schemas.of("kitchen", "station"),
    );
    let figures = about("How it does.", schemas.of("restaurant", "figures"));
    let kitchen = about(
        "Absent when the kitchen gave no answer.",
        kitchen::figures_schema(schemas),
    );
    let restaurant = schemas.of("restaurant", "restaurant-state");
    let alerts = schemas.list_of("restaurant", "manager-alert");
    // Field by field: what the actor tells of orders and drivers is told in another form here.
    let board = Object::default()
        .with("restaurant", about("The restaurant.", restaurant), true)
        .with(
            "alerts",
            about("The newest alerts, newest first.", alerts),
            true,
        )
        .with("position", position, true)
        .with("serverTime", time, true)
        .with("figures", figures, true)
        .with("orders", orders, true)
        .with("more", more, false)
        .with("drivers", drivers, true)
        .with("stock", stock, false)
        .with("kitchen", kitchen, false)
        .with("chefs", chefs, false);
    schemas.name("Board", board.done())
}
