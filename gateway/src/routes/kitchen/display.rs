//! Everything that a kitchen's screen shows, and where its stream goes on from there.

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::stream::STREAM;
use crate::answer::{plain, respond};
use crate::caller::Caller;
use crate::feed::Feed;
use crate::problem::Problem;
use crate::refused;
use crate::schema::{Schemas, about};
use crate::time::At;
use crate::view::kitchen::{Station, Status, Ticket};

#[derive(Deserialize)]
struct Display<'a> {
    #[serde(borrow)]
    status: Status<'a>,
    #[serde(borrow)]
    stations: Vec<Station<'a>>,
    #[serde(borrow)]
    queue: Vec<Ticket<'a>>,
    #[serde(borrow)]
    active: Vec<Ticket<'a>>,
    // An older module of kitchens does not tell them.
    #[serde(borrow, default)]
    ready: Vec<Ticket<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    position: u64,
    server_time: At,
    status: Status<'a>,
    stations: Vec<Station<'a>>,
    queue: Vec<Ticket<'a>>,
    active: Vec<Ticket<'a>>,
    ready: Vec<Ticket<'a>>,
}

pub(super) async fn display(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let kitchen = ActorId::new("kitchen", id)?;
    // Before the kitchen is asked: what was published up to there has happened by then. What
    // happens in between is told twice, and nothing is missed.
    let position = Feed::newest(&caller.app, STREAM, kitchen.key()).await;
    let position = position.map_err(|error| refused::call(error, caller.id))?;
    let reply = caller.ask(kitchen, "display").await?;
    let display: Display<'_> = plain(&reply)?;
    let snapshot = Snapshot {
        position,
        server_time: At::from_ms(caller.app.client().transport().now_ms()),
        status: display.status,
        stations: display.stations,
        queue: display.queue,
        active: display.active,
        ready: display.ready,
    };
    respond(&reply, &snapshot)
}

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let position = json!({"type": "integer", "minimum": 0});
    let position = about(
        "Where the kitchen's stream goes on: all events up to this one are contained.",
        position,
    );
    let time = json!({"type": "string", "format": "date-time"});
    let display = schemas.answer_of("kitchen", "kitchen-display");
    let display = display.with("position", position, true);
    let time = about("When it was so, by the server's clock.", time);
    let display = display.with("serverTime", time, true).done();
    schemas.name("KitchenDisplay", display)
}
