//! `/api/drivers/{id}`

use std::time::Duration;

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{granted, respond};
use crate::body::{JsonBody, Nothing, Text};
use crate::caller::Caller;
use crate::endpoint::{Endpoint, get, post, put};
use crate::identity::Role::{Driver, Manager};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::schema::{Schemas, about};
use crate::time::{At, Given};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/drivers/{id}/status", status)
            .summary("A driver: where, with which order and by which way, with which offer")
            .by(&[Driver, Manager], Ownership::Driver)
            .gives(with_route),
        put("/api/drivers/{id}/status", set_status)
            .summary("Begin or end to work")
            .by(&[Driver], Ownership::Driver)
            .takes(|s| s.arguments("driver", "set-status", &[]))
            .gives(driver),
        post("/api/drivers/{id}/location", update_location)
            .summary("Where the driver is; what is older than the last place is ignored")
            .by(&[Driver], Ownership::Driver)
            .takes(position)
            .for_example(|| {
                let fix = json!({"lat": 40.85, "lon": 14.27, "timestamp": 1_700_000_000_000_u64});
                json!({"phone": {"value": fix}})
            })
            .gives(driver),
        post("/api/drivers/{id}/accept", accept)
            .summary("Take the offered order")
            .by(&[Driver], Ownership::Driver)
            .takes(|s| s.arguments("driver", "accept", &[]))
            .gives(driver),
        post("/api/drivers/{id}/reject", reject)
            .summary("Leave the offered order to another")
            .by(&[Driver], Ownership::Driver)
            .takes(|s| s.arguments("driver", "reject", &[]))
            .gives(driver),
        post("/api/drivers/{id}/picked-up", picked_up)
            .summary("The pizza is on its way")
            .by(&[Driver], Ownership::Driver)
            .may_take(Schemas::nothing)
            .gives(driver),
        post("/api/drivers/{id}/delivered", delivered)
            .summary("The pizza has arrived")
            .by(&[Driver], Ownership::Driver)
            .may_take(Schemas::nothing)
            .gives(driver),
    ]
}

/// Nobody waits longer for a map.
const ROUTE_WITHIN: Duration = Duration::from_millis(500);

fn driver(schemas: &mut Schemas) -> Value {
    schemas.of("driver", "driver-state")
}

/// A driver, and the way that lies ahead.
fn with_route(schemas: &mut Schemas) -> Value {
    let text = "The way that lies before the driver: by the restaurant, while the order is there, \
        and to the door. Absent without an order, or when nobody knows.";
    let route = about(text, schemas.of("route", "itinerary"));
    let driver = schemas.answer_of("driver", "driver-state");
    let schema = driver.with("route", route, false).done();
    schemas.name("DriverWithRoute", schema)
}

/// The schema of a position: the contract's location and motion side by side, and a time.
fn position(schemas: &mut Schemas) -> Value {
    let time = json!({
        "description": "When the driver was there.",
        "anyOf": [
            {"type": "string", "format": "date-time"},
            {"type": "integer", "minimum": 0, "description": "Milliseconds since 1970"},
        ],
    });
    let motion = schemas.body_of("driver", "motion");
    let location = schemas.body_of("types", "location");
    location.and(motion).with("timestamp", time, true).done()
}

/// A driver as clients see it.
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
    motion: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a RawValue>,
    delivered: u64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    restaurant_id: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    offer: Option<Offer<'a>>,
    lost_signal: bool,
    /// The actor tells it apart: whoever only says where they are has no use for it.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    route: Option<&'a RawValue>,
}

/// An order that the driver may take.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offer<'a> {
    #[serde(borrow)]
    order_id: &'a RawValue,
    #[serde(borrow)]
    restaurant_id: &'a RawValue,
    #[serde(borrow)]
    pick_up: &'a RawValue,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    deliver_to: Option<&'a RawValue>,
    expires_at: At,
}

fn changed(reply: &Reply) -> Result<Response, Problem> {
    respond(reply, &granted::<DriverView<'_>>(reply)?)
}

async fn status(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let reply = caller.ask(driver.clone(), "get").await?;
    let mut view: DriverView<'_> = granted(&reply)?;
    let way = match view.order_id {
        Some(_) => {
            let another = caller.for_another();
            another.ask_within(driver, "way", ROUTE_WITHIN).await.ok()
        }
        None => None,
    };
    // Without an answer, or a way, everything else is told all the same.
    view.route = way.as_ref().and_then(|way| granted(way).ok());
    respond(&reply, &view)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: Availability,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Availability {
    Offline,
    Available,
    Busy,
}

async fn set_status(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let status: NewStatus = body.parse()?;
    changed(&caller.ask_with(driver, "set-status", &status).await?)
}

/// A position as a phone sends it; speed, heading and accuracy are absent if it does not know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    lat: f64,
    lon: f64,
    /// Required: a time of our own would make the same request another message.
    timestamp: Given,
    accuracy: Option<f64>,
    speed: Option<f64>,
    heading: Option<f64>,
}

#[derive(Serialize)]
struct Located {
    location: Location,
    at: Given,
    #[serde(skip_serializing_if = "Option::is_none")]
    motion: Option<Motion>,
}

#[derive(Serialize)]
struct Motion {
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<f64>,
}

#[derive(Serialize)]
struct Location {
    lat: f64,
    lon: f64,
}

/// Where the parts of the arguments came from: pointers into the arguments, and into the body.
const POINTERS: &[(&str, &str)] = &[("/location", ""), ("/at", "/timestamp"), ("/motion", "")];

async fn update_location(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let Position {
        lat,
        lon,
        timestamp: at,
        accuracy,
        speed,
        heading,
    } = body.parse()?;
    // An empty record would be a motion of which nothing is known.
    let moves = accuracy.or(speed).or(heading).is_some();
    let located = Located {
        location: Location { lat, lon },
        at,
        motion: moves.then_some(Motion {
            accuracy,
            speed,
            heading,
        }),
    };
    let reply = caller.ask_with(driver, "update-location", &located).await;
    let reply = reply.map_err(|problem| problem.relocated(POINTERS))?;
    changed(&reply).map_err(|problem| problem.relocated(POINTERS))
}

/// The offer that is answered.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Offered<'a> {
    #[serde(borrow)]
    order_id: Text<'a>,
}

async fn accept(caller: Caller, id: Path<String>, body: JsonBody) -> Result<Response, Problem> {
    answer_offer(caller, id, body, "accept").await
}

async fn reject(caller: Caller, id: Path<String>, body: JsonBody) -> Result<Response, Problem> {
    answer_offer(caller, id, body, "reject").await
}

async fn answer_offer(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
    answer: &'static str,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let offer: Offered<'_> = body.parse()?;
    changed(&caller.ask_with(driver, answer, &offer).await?)
}

async fn picked_up(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let Nothing {} = body.parse_or_default()?;
    changed(&caller.ask(driver, "picked-up").await?)
}

async fn delivered(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let Nothing {} = body.parse_or_default()?;
    changed(&caller.ask(driver, "delivered").await?)
}
