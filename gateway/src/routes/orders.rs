//! `/api/orders`

mod create;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};

use crate::answer::{acknowledged, granted, json};
use crate::body::{JsonBody, Nothing, Text};
use crate::caller::Caller;
use crate::order::Order;
use crate::parameters::Path;
use crate::problem::Problem;
use crate::server::App;
use crate::track;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/orders", post(create::create))
        .route("/api/orders/{id}", get(read))
        .route("/api/orders/{id}/track", get(track::track))
        .route("/api/orders/{id}/status", put(update_status))
        .route("/api/orders/{id}/assign-driver", post(assign_driver))
        .route("/api/orders/{id}/cancel", post(cancel))
        .route("/api/orders/{id}/confirm-delivery", post(confirm_delivery))
}

async fn read(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reply = caller.ask(ActorId::new("order", id)?, "get").await?;
    let order: Order<'_> = granted(&reply)?;
    let etag = order.etag();
    let mut known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut response = if known.any(|tags| names(tags, &etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json(StatusCode::OK, &order)?
    };
    let revalidate = HeaderValue::from_static("private, no-cache");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, revalidate);
    headers.insert(header::ETAG, etag);
    Ok(acknowledged(response, &reply))
}

/// Whether a list of entity tags has this one; strong and weak ones compare as equal.
fn names(tags: &HeaderValue, etag: &HeaderValue) -> bool {
    let mut tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: Status,
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
    changed(&caller.ask_with(order, "update-status", &status).await?)
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
    changed(&caller.ask_with(order, "assign-driver", &assignment).await?)
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
    changed(&caller.ask_with(order, "cancel", &cancellation).await?)
}

async fn confirm_delivery(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let order = ActorId::new("order", id)?;
    let Nothing {} = body.parse_or_default()?;
    changed(&caller.ask(order, "confirm-delivery").await?)
}

fn changed(reply: &Reply) -> Result<Response, Problem> {
    let order: Order<'_> = granted(reply)?;
    let mut response = json(StatusCode::OK, &order)?;
    response.headers_mut().insert(header::ETAG, order.etag());
    Ok(acknowledged(response, reply))
}
