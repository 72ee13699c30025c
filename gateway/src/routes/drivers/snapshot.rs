//! Everything that a driver's screen shows of the driver, and where its stream goes on from there.

use std::time::Duration;

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::stream::STREAM;
use super::view::DriverView;
use crate::answer::{granted, respond};
use crate::caller::Caller;
use crate::feed::Feed;
use crate::problem::Problem;
use crate::refused;
use crate::schema::{Schemas, about};
use crate::time::At;

/// Nobody waits longer for a map.
const ROUTE_WITHIN: Duration = Duration::from_millis(500);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    position: u64,
    server_time: At,
    #[serde(flatten)]
    driver: DriverView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a RawValue>,
}

pub(super) async fn status(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    // Before the driver is asked: what was published up to there has happened by then.
    let position = Feed::newest(&caller.app, STREAM, driver.key()).await;
    let position = position.map_err(|error| refused::call(error, caller.id))?;
    let reply = caller.ask(driver.clone(), "duty").await?;
    let view: DriverView<'_> = granted(&reply)?;
    let way = match view.order_id {
        Some(_) => {
            let another = caller.for_another();
            another.ask_within(driver, "way", ROUTE_WITHIN).await.ok()
        }
        None => None,
    };
    let snapshot = Snapshot {
        position,
        server_time: At::from_ms(caller.app.client().transport().now_ms()),
        driver: view,
        // Without an answer, or a way, everything else is told all the same.
        route: way.as_ref().and_then(|way| granted(way).ok()),
    };
    respond(&reply, &snapshot)
}

/// A driver, the way that lies ahead, and where the stream goes on.
pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let text = "The way that lies before the driver: by the restaurant, while the order is there, \
        and to the door. Absent without an order, or when nobody knows.";
    let route = about(text, schemas.of("route", "itinerary"));
    let position = about(
        "Where the driver's stream goes on: all events up to this one are contained.",
        json!({"type": "integer", "minimum": 0}),
    );
    let time = json!({"type": "string", "format": "date-time"});
    let time = about("When it was so, by the server's clock.", time);
    let driver = schemas.answer_of("driver", "driver-duty");
    let driver = driver.with("position", position, true);
    let driver = driver.with("serverTime", time, true);
    let schema = driver.with("route", route, false).done();
    schemas.name("DriverWithRoute", schema)
}
