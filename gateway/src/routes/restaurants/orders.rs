//! `/api/restaurants/{id}/orders`: newest first, page by page.

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{plain, respond};
use crate::caller::Caller;
use crate::endpoint::Parameter;
use crate::problem::Problem;
use crate::routes::lists::{AFTER, LIMIT, paged};
use crate::schema::Schemas;
use crate::time::At;

pub(super) const PAGES: &[Parameter] = &[
    Parameter {
        name: "state",
        about: "Only orders in this state.",
        schema: |s| s.of("order", "status"),
    },
    AFTER,
    LIMIT,
];

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let lines = schemas.list_of("restaurant", "order-line");
    let next = json!({"type": "string", "description": "What to ask for as `after`"});
    paged("orders", lines, next)
}

/// How many orders a page has where the client does not say; [`PAGE_MAX`] is the most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    state: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Arguments {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    limit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Orders<'a> {
    restaurant_id: &'a str,
    orders: Vec<OrderLine<'a>>,
    /// What to ask for as `after` to see more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderLine<'a> {
    #[serde(borrow)]
    order_id: &'a RawValue,
    #[serde(borrow)]
    customer_id: &'a RawValue,
    status: &'a str,
    total_cents: u64,
    created_at: At,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a RawValue>,
    late: bool,
    #[serde(borrow)]
    cursor: &'a RawValue,
}

pub(super) async fn orders(
    caller: Caller,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let arguments = Arguments {
        status: page.state,
        after: page.after,
        limit,
    };
    let reply = caller.ask_with(restaurant, "orders", &arguments).await;
    // The only argument that has another name in the query.
    let reply = reply.map_err(|problem| problem.relocated(&[("/status", "/state")]))?;
    let orders: Vec<OrderLine<'_>> = plain(&reply)?;
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
