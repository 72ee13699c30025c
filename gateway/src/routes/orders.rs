//! `/api/orders`

mod create;
mod link;
mod timeline;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};

use crate::acknowledgement::acknowledged;
use crate::answer::{granted, json};
use crate::body::{JsonBody, Nothing, Text};
use crate::caller::Caller;
use crate::condition;
use crate::endpoint::{Endpoint, get, post, put};
use crate::event_stream;
use crate::identity::Role::{Customer, Driver, Kitchen, Manager};
use crate::order::Order;
use crate::ownership::Ownership;
use crate::problem::{self, Problem};
use crate::schema::{Schemas, events};
use crate::track;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/api/orders", create::create)
            .summary("Order")
            .by(&[Customer, Manager], Ownership::Anything)
            .takes(create::body)
            .for_example(create::examples)
            .declines(&[problem::REJECTED])
            .creates(create::answer),
        get("/api/orders/{id}", read)
            .summary("An order as it is now")
            .by(&[Customer, Driver, Kitchen, Manager], Ownership::Order)
            .or_by_link()
            .versioned()
            .gives(order),
        get("/api/orders/{id}/track", track::track)
            .summary("An order's events: status, driver, eta, gap, end")
            .by(&[Customer, Driver, Kitchen, Manager], Ownership::Order)
            .or_by_link()
            .query(event_stream::LAST_EVENT_ID)
            .gives_events("Order", events::of_order)
            .or_nothing("The stream is over, and the client has seen its end."),
        get("/api/orders/{id}/timeline", timeline::read)
            .summary("The steps that it has taken, and who caused them")
            .by(&[Customer, Driver, Kitchen, Manager], Ownership::Order)
            .or_by_link()
            .gives(timeline::schema),
        post("/api/orders/{id}/session", link::open)
            .summary("Change the key of an order's link for a cookie that opens that order")
            .public()
            .takes(link::body)
            .declines(&[
                problem::FORBIDDEN,
                problem::INVALID,
                problem::INVALID_ID,
                problem::UNAVAILABLE,
            ])
            .gives_nothing("The answer sets the cookie."),
        put("/api/orders/{id}/status", update_status)
            .summary("Move an order on")
            .by(&[Kitchen], Ownership::Order)
            .versioned()
            .takes(|s| s.arguments("order", "update-status", EXPECTED))
            .gives(order),
        post("/api/orders/{id}/assign-driver", assign_driver)
            .summary("Give an order to a driver by hand")
            .by(&[Manager], Ownership::Order)
            .versioned()
            .takes(|s| s.arguments("order", "assign-driver", EXPECTED))
            .gives(order),
        post("/api/orders/{id}/cancel", cancel)
            .summary("Cancel an order, as long as it is not in the oven")
            .by(&[Customer, Manager], Ownership::Order)
            .or_by_link()
            .versioned()
            .may_take(|s| s.arguments("order", "cancel", EXPECTED))
            .gives(order),
        post("/api/orders/{id}/confirm-delivery", confirm_delivery)
            .summary("Say that the pizza has arrived")
            .by(&[Customer, Driver, Manager], Ownership::Order)
            .or_by_link()
            .versioned()
            .may_take(Schemas::nothing)
            .gives(order),
    ]
}

/// Arguments that come in a header, and not in the body.
const EXPECTED: &[&str] = &["expected"];

fn order(schemas: &mut Schemas) -> serde_json::Value {
    schemas.of("order", "order-state")
}

/// What the body says, and the version that the headers name.
#[derive(Serialize)]
struct If<'a, T> {
    #[serde(flatten)]
    command: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<u64>,
}

async fn read(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reply = caller.ask(ActorId::new("order", id)?, "get").await?;
    let order: Order<'_> = granted(&reply)?;
    let etag = order.etag();
    // Of a read nothing is staged, so that the version is compared here.
    if let Some(expected) = condition::expected(&headers)?
        && expected != order.version
    {
        return Err(condition::stale(order.version));
    }
    let mut response = if condition::is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json(StatusCode::OK, &order)?
    };
    // A copy may be kept, and must be asked about before it is used.
    let revalidate = HeaderValue::from_static("private, no-cache");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, revalidate);
    headers.insert(header::ETAG, etag);
    Ok(acknowledged(response, &reply))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Status>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Status {
    Created,
    Preparing,
    Baking,
    Ready,
    OutForDelivery,
    Delivered,
    Cancelled,
    Rejected,
}

async fn update_status(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let order = ActorId::new("order", id)?;
    let status: NewStatus = body.parse()?;
    change(&caller, order, "update-status", &status).await
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Assignment<'a> {
    #[serde(borrow)]
    driver_id: Text<'a>,
}

async fn assign_driver(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let order = ActorId::new("order", id)?;
    let assignment: Assignment<'_> = body.parse()?;
    // A driver's id is an actor's key; it is refused here, where it came in.
    if let Err(error) = ActorId::new("driver", &*assignment.driver_id.0) {
        return Err(Problem::invalid("/driverId", error.to_string()));
    }
    change(&caller, order, "assign-driver", &assignment).await
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cancellation<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<'a>>,
}

async fn cancel(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let order = ActorId::new("order", id)?;
    let cancellation: Cancellation<'_> = body.parse_or_default()?;
    change(&caller, order, "cancel", &cancellation).await
}

async fn confirm_delivery(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let order = ActorId::new("order", id)?;
    let nothing: Nothing = body.parse_or_default()?;
    change(&caller, order, "confirm-delivery", &nothing).await
}

async fn change(
    caller: &Caller,
    order: ActorId,
    method: &str,
    command: &impl Serialize,
) -> Result<Response, Problem> {
    let expected = caller.expected;
    let command = If { command, expected };
    let reply = caller.ask_with(order, method, &command).await?;
    let order: Order<'_> = granted(&reply)?;
    let mut response = json(StatusCode::OK, &order)?;
    response.headers_mut().insert(header::ETAG, order.etag());
    Ok(acknowledged(response, &reply))
}
