//! `/api/kitchen/{id}`

mod display;
mod steps;
mod stream;

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{granted, plain, respond};
use crate::body::{JsonBody, Text};
use crate::caller::Caller;
use crate::endpoint::{Endpoint, Parameter, delete, get, post};
use crate::event_stream;
use crate::identity::Role::{Kitchen, Manager};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::routes::lists;
use crate::schema::{Object, Schemas, about, events};
use crate::view::kitchen::{Status, Ticket};

/// How many tickets a page has where the client does not say; [`PAGE_MAX`] is the most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

const PAGES: &[Parameter] = &[lists::AFTER, lists::LIMIT];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/kitchen/{id}/queue", queue)
            .summary("What waits for a chef, page by page")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .query(PAGES)
            .gives(|s| {
                let queue = about("First come, first.", s.list_of("kitchen", "ticket"));
                let id = |text: &str| about(text, json!({"type": "string"}));
                let object = Object::default().with("kitchenId", id("The kitchen's id."), true);
                object
                    .with("queue", queue, true)
                    .with("next", id("What to ask for as `after`"), false)
                    .done()
            }),
        get("/api/kitchen/{id}/status", status)
            .summary("How much there is to do, ovens, alerts")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .gives(|s| s.of("kitchen", "kitchen-status")),
        get("/api/kitchen/{id}/display", display::display)
            .summary("Everything that a kitchen's screen shows")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .gives(display::schema),
        get("/api/kitchen/{id}/stream", stream::follow)
            .summary("What changes on its screen: ticket, station, oven, alert, queue, plugin, gap")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .query(event_stream::LAST_EVENT_ID)
            .gives_events("Kitchen", events::of_kitchen),
        post("/api/kitchen/{id}/orders/{order}/burn", steps::burn)
            .summary("What is in the oven is lost, and made again")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .takes(|s| s.arguments("kitchen", "burn", ORDER))
            .for_example(|| json!({"dropped": {"value": {"reason": "dropped"}}}))
            .gives(ticket),
        post("/api/kitchen/{id}/orders/{order}/put-back", steps::requeue)
            .summary("Whoever prepares it makes another one first")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .may_take(Schemas::nothing)
            .gives(ticket),
        post("/api/kitchen/{id}/orders/{order}/assign", steps::assign)
            .summary("Give it to a chef who is free")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .takes(|s| s.arguments("kitchen", "assign", ORDER))
            .for_example(|| json!({"second": {"value": {"chefId": "2"}}}))
            .gives(ticket),
        post("/api/kitchen/{id}/alerts/{alert}/seen", steps::see_alert)
            .summary("Say that an alert was seen; who says so first is remembered")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .may_take(Schemas::nothing)
            .gives(|s| s.of("kitchen", "alert")),
        post("/api/kitchen/{id}/chefs", clock_in)
            .summary("A chef begins to work")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .takes(|s| s.arguments("kitchen", "clock-in", &[]))
            .for_example(|| json!({"fourth": {"value": {"chefId": "4"}}}))
            .gives(|s| s.of("kitchen", "kitchen-status")),
        delete("/api/kitchen/{id}/chefs/{chef}", clock_out)
            .summary("A chef goes home")
            .by(&[Kitchen, Manager], Ownership::Restaurant)
            .gives(|s| s.of("kitchen", "kitchen-status")),
    ]
}

/// The argument that comes in the path, and not in the body.
const ORDER: &[&str] = &["order-id"];

fn ticket(schemas: &mut Schemas) -> Value {
    schemas.of("kitchen", "ticket")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct QueueArguments {
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    limit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Queue<'a> {
    kitchen_id: &'a str,
    queue: &'a [Ticket<'a>],
    /// What to ask for as `after` to see more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a RawValue>,
}

async fn queue(
    caller: Caller,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let kitchen = ActorId::new("kitchen", id.as_str())?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let after = page.after;
    let arguments = QueueArguments { after, limit };
    let reply = caller.ask_with(kitchen, "queue", &arguments).await?;
    let queue: Vec<Ticket<'_>> = plain(&reply)?;
    // A page that is full may be the last one: then the next is empty, which costs one request.
    let full = queue.len() >= limit as usize;
    let last = queue.last().filter(|_| full);
    let answer = Queue {
        kitchen_id: &id,
        queue: &queue,
        next: last.map(|ticket| ticket.order_id),
    };
    respond(&reply, &answer)
}

async fn status(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let reply = caller.ask(ActorId::new("kitchen", id)?, "status").await?;
    respond(&reply, &plain::<Status<'_>>(&reply)?)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Chef<'a> {
    #[serde(borrow)]
    chef_id: Text<'a>,
}

async fn clock_in(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let kitchen = ActorId::new("kitchen", id)?;
    let chef: Chef<'_> = body.parse()?;
    let reply = caller.ask_with(kitchen, "clock-in", &chef).await?;
    respond(&reply, &granted::<Status<'_>>(&reply)?)
}

async fn clock_out(
    caller: Caller,
    Path((id, chef)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let kitchen = ActorId::new("kitchen", id)?;
    // Refused here, where the client named it, not in the arguments.
    ActorId::new("chef", chef.as_str())?;
    let chef_id = Text(chef.into());
    let chef = Chef { chef_id };
    let reply = caller.ask_with(kitchen, "clock-out", &chef).await?;
    respond(&reply, &granted::<Status<'_>>(&reply)?)
}
