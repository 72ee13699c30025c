//! `/api/restaurants/{id}/orders`: newest first, page by page; all of them, or those in which a text
//! is.

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{plain, respond};
use crate::caller::Caller;
use crate::endpoint::Parameter;
use crate::problem::{self, Problem};
use crate::routes::lists::{AFTER, LIMIT, paged};
use crate::schema::Schemas;
use crate::time::At;

pub(super) const PAGES: &[Parameter] = &[
    Parameter {
        name: "state",
        about: "Only orders in this state.",
        schema: |s| s.of("order", "status"),
    },
    Parameter {
        name: "q",
        about: "Only orders in whose id, customer or address this is, in whatever case. One request looks through a \
            thousand orders: a page may have few or none and a `next` all the same.",
        schema: |_| json!({"type": "string", "minLength": TEXT_MIN, "maxLength": TEXT_MAX}),
    },
    AFTER,
    LIMIT,
];

/// How many characters somebody may look for: one alone is in every order.
const TEXT_MIN: usize = 2;
const TEXT_MAX: usize = 100;

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
    q: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Arguments {
    /// What is looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
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
    // An older module of restaurants tells none of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late_since: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    orders: Vec<OrderLine<'a>>,
    #[serde(borrow)]
    next: Option<&'a RawValue>,
}

pub(super) async fn orders(
    caller: Caller,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let text = page.q.map(|text| text.trim().to_owned());
    if let Some(text) = &text
        && !(TEXT_MIN..=TEXT_MAX).contains(&text.chars().count())
    {
        let detail = format!("q takes {TEXT_MIN} to {TEXT_MAX} characters; found {text:?}");
        return Err(Problem::new(problem::MALFORMED, detail));
    }
    let method = match &text {
        Some(_) => "find-orders",
        None => "orders",
    };
    let arguments = Arguments {
        text,
        status: page.state,
        after: page.after,
        limit,
    };
    let reply = caller.ask_with(restaurant, method, &arguments).await;
    // The only argument that has another name in the query.
    let reply = reply.map_err(|problem| problem.relocated(&[("/status", "/state")]))?;
    let Found { orders, next } = if arguments.text.is_some() {
        plain(&reply)?
    } else {
        let orders: Vec<OrderLine<'_>> = plain(&reply)?;
        // A page that is full may be the last one: then the next is empty, which costs one request.
        let full = orders.len() >= limit as usize;
        let next = orders.last().filter(|_| full).map(|last| last.cursor);
        Found { orders, next }
    };
    let answer = Orders {
        restaurant_id: &id,
        orders,
        next,
    };
    respond(&reply, &answer)
}
