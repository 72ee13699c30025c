//! A restaurant's events as a stream that resumes: every change of every order, and every
//! alert of its kitchen, its stock and its drivers, for the manager's
//! screen. It begins with what happens next; what happened so far, other endpoints say.

use axum::http::{HeaderMap, Uri};
use axum::response::{Response, sse};
use pizza_client::Event;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::caller::Caller;
use crate::feed::Feed;
use crate::follow::{self, Followed};
use crate::problem::Problem;
use crate::time::At;

const STREAM: &str = "restaurant-orders";

/// What an order told its restaurant, with its times for people.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    #[serde(borrow)]
    order_id: &'a RawValue,
    #[serde(borrow)]
    customer_id: &'a RawValue,
    version: u64,
    at: At,
    #[serde(skip_serializing)]
    kind: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    from: Option<&'a RawValue>,
    #[serde(borrow)]
    status: &'a RawValue,
    late: bool,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_location: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_at: Option<At>,
    total_cents: u64,
    created_at: At,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    by: Option<&'a RawValue>,
}

/// An alert as its actor has published it, which needs the manager's attention.
#[derive(Deserialize)]
struct RestaurantAlert<'a> {
    at: At,
    #[serde(borrow)]
    alert: Alert<'a>,
}

#[derive(Deserialize)]
struct Alert<'a> {
    #[serde(borrow)]
    kind: &'a RawValue,
    #[serde(borrow)]
    message: &'a RawValue,
}

#[derive(Serialize)]
struct AlertView<'a> {
    at: At,
    kind: &'a RawValue,
    message: &'a RawValue,
}

pub(crate) async fn follow(
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id)?;
    let followed = Followed {
        stream: STREAM,
        tell: sse_event,
    };
    follow::follow(caller, restaurant, followed, &uri, &headers).await
}

fn sse_event(feed: &Feed, event: &Event) -> Option<sse::Event> {
    let change: Change<'_> = match serde_json::from_slice(&event.payload) {
        Ok(change) => change,
        // The stream carries both, and alerts are the fewer.
        Err(error) => return alert(feed, event, &error),
    };
    let name = match change.kind {
        "driver" => "driver",
        "eta" => "eta",
        _ => "status",
    };
    Some(feed.sse_event(name, &change))
}

fn alert(feed: &Feed, event: &Event, error: &serde_json::Error) -> Option<sse::Event> {
    let Ok(RestaurantAlert { at, alert }) =
        serde_json::from_slice::<RestaurantAlert<'_>>(&event.payload)
    else {
        tracing::warn!(%error, position = event.position, "an event has another form");
        return None;
    };
    let Alert { kind, message } = alert;
    Some(feed.sse_event("alert", &AlertView { at, kind, message }))
}
