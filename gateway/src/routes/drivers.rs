//! `/api/drivers/{id}`

mod day;
mod location;
mod snapshot;
mod stream;
mod view;

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::body::{JsonBody, Text};
use crate::caller::Caller;
use crate::endpoint::{Endpoint, get, post, put};
use crate::event_stream;
use crate::identity::Role::{Driver, Manager};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::schema::{Schemas, events};
use view::changed;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/drivers/{id}/status", snapshot::status)
            .summary("A driver: where, with which order and by which way, with which offer")
            .by(&[Driver, Manager], Ownership::Driver)
            .gives(snapshot::schema),
        get("/api/drivers/{id}/stream", stream::follow)
            .summary("What a driver's screen follows: offers, the order, and the duty")
            .by(&[Driver, Manager], Ownership::Driver)
            .query(event_stream::LAST_EVENT_ID)
            .gives_events("Driver", events::of_driver),
        get("/api/drivers/{id}/day", day::day)
            .summary("What a driver has done today, and how many others wait")
            .by(&[Driver, Manager], Ownership::Driver)
            .gives(|s| s.of("driver", "driver-day")),
        put("/api/drivers/{id}/status", set_status)
            .summary("Begin or end to work")
            .by(&[Driver], Ownership::Driver)
            .takes(|s| s.arguments("driver", "set-status", &[]))
            .gives(driver),
        post("/api/drivers/{id}/location", location::update)
            .summary("Where the driver is, or was; what is older than the last place is ignored")
            .by(&[Driver], Ownership::Driver)
            .takes(location::schema)
            .for_example(|| {
                let fix = json!({"lat": 40.85, "lon": 14.27, "timestamp": 1_700_000_000_000_u64});
                json!({"phone": {"value": fix}, "kept": {"value": [fix]}})
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
            .may_take(|s| s.arguments("driver", "picked-up", &[]))
            .gives(driver),
        post("/api/drivers/{id}/delivered", delivered)
            .summary("The pizza has arrived")
            .by(&[Driver], Ownership::Driver)
            .may_take(|s| s.arguments("driver", "delivered", &[]))
            .gives(driver),
        post("/api/drivers/{id}/cannot-deliver", cannot_deliver)
            .summary("Give the order back, for another driver; also one that was picked up")
            .by(&[Driver], Ownership::Driver)
            .takes(|s| s.arguments("driver", "cannot-deliver", &[]))
            .for_example(|| json!({"breakdown": {"value": {"reason": "vehicle"}}}))
            .gives(driver),
    ]
}

fn driver(schemas: &mut Schemas) -> Value {
    schemas.of("driver", "driver-state")
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

/// The order that is meant, where it is said which.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Carried<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    order_id: Option<Text<'a>>,
}

async fn picked_up(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let carried: Carried<'_> = body.parse_or_default()?;
    changed(&caller.ask_with(driver, "picked-up", &carried).await?)
}

async fn delivered(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let carried: Carried<'_> = body.parse_or_default()?;
    changed(&caller.ask_with(driver, "delivered", &carried).await?)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Undelivered<'a> {
    reason: Trouble,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    order_id: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Trouble {
    Vehicle,
    Accident,
    Address,
    Nobody,
    Other,
}

async fn cannot_deliver(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let undelivered: Undelivered<'_> = body.parse()?;
    let reply = caller
        .ask_with(driver, "cannot-deliver", &undelivered)
        .await?;
    changed(&reply)
}
