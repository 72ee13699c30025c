//! `/api/inventory/{id}/orders`: what suppliers are asked for, newest first, page by page.

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{granted, plain, respond};
use crate::body::{JsonBody, Nothing};
use crate::caller::Caller;
use crate::endpoint::{Endpoint, Parameter, get, post};
use crate::identity::Role::Manager;
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::routes::lists::{AFTER, LIMIT, paged};
use crate::schema::Schemas;
use crate::time::At;

/// How many orders a page has where the client does not say; [`PAGE_MAX`] is the most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

const PAGES: &[Parameter] = &[
    Parameter {
        name: "state",
        about: "Only orders in this state.",
        schema: |s| s.of("inventory", "supply-state"),
    },
    AFTER,
    LIMIT,
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/inventory/{id}/orders", list)
            .summary("What suppliers were asked for, newest first, page by page")
            .by(&[Manager], Ownership::Restaurant)
            .query(PAGES)
            .gives(schema),
        post("/api/inventory/{id}/orders/{order}/confirm", confirm)
            .summary("Make an order that waits for a yes")
            .by(&[Manager], Ownership::Restaurant)
            .may_take(Schemas::nothing)
            .gives(|s| s.of("inventory", "supply-order")),
        post("/api/inventory/{id}/orders/{order}/cancel", cancel)
            .summary("Cancel an order to a supplier, as long as it has not been shipped")
            .by(&[Manager], Ownership::Restaurant)
            .may_take(Schemas::nothing)
            .gives(|s| s.of("inventory", "supply-order")),
    ]
}

fn schema(schemas: &mut Schemas) -> Value {
    let orders = schemas.list_of("inventory", "supply-order");
    let next = json!({"type": "string", "description": "What to ask for as `after`"});
    paged("orders", orders, next)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    state: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Arguments {
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    limit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Orders<'a> {
    restaurant_id: &'a str,
    orders: Vec<Order<'a>>,
    /// What to ask for as `after` to see more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    order_id: &'a str,
    #[serde(borrow)]
    ingredient: &'a RawValue,
    supplier_id: &'a str,
    quantity: u32,
    delivered: u32,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price_cents: Option<u32>,
    created_at: At,
    updated_at: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    cursor: &'a RawValue,
}

async fn list(
    caller: Caller,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let arguments = Arguments {
        state: page.state,
        after: page.after,
        limit,
    };
    let reply = caller.ask_with(inventory, "orders", &arguments).await?;
    let orders: Vec<Order<'_>> = plain(&reply)?;
    // A page that is full may be the last one: then the next is empty, which costs one request.
    let full = orders.len() >= limit as usize;
    let next = orders.last().filter(|_| full).map(|last| last.cursor);
    let answer = Orders {
        restaurant_id: &id,
        orders,
        next,
    };
    respond(&reply, &answer)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    order_id: String,
}

async fn confirm(
    caller: Caller,
    Path((id, order)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&caller, id, order, "confirm-order", &body).await
}

async fn cancel(
    caller: Caller,
    Path((id, order)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&caller, id, order, "cancel-order", &body).await
}

async fn change(
    caller: &Caller,
    id: String,
    order_id: String,
    method: &str,
    body: &JsonBody,
) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id)?;
    // It says nothing, but a mistake in it may be meant for another endpoint.
    body.parse_or_default::<Nothing>()?;
    let reply = caller
        .ask_with(inventory, method, &Named { order_id })
        .await?;
    respond(&reply, &granted::<Order<'_>>(&reply)?)
}
