//! What cooks say of single orders and of alerts.

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};

use crate::answer::{granted, respond};
use crate::body::{JsonBody, Nothing, Text};
use crate::caller::Caller;
use crate::problem::{self, Problem};
use crate::view::kitchen::{Alert, Ticket};

/// What the body says, of the order that the path names.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Of<'a, T> {
    order_id: &'a str,
    #[serde(flatten)]
    step: &'a T,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Burned {
    reason: Reason,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
enum Reason {
    Oven,
    Dropped,
    Other,
}

pub(super) async fn burn(
    caller: Caller,
    Path((id, order)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let burned: Burned = body.parse()?;
    step(&caller, id, &order, "burn", &burned).await
}

pub(super) async fn requeue(
    caller: Caller,
    Path((id, order)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let nothing: Nothing = body.parse_or_default()?;
    step(&caller, id, &order, "requeue", &nothing).await
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Assignment<'a> {
    #[serde(borrow)]
    chef_id: Text<'a>,
}

pub(super) async fn assign(
    caller: Caller,
    Path((id, order)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let assignment: Assignment<'_> = body.parse()?;
    step(&caller, id, &order, "assign", &assignment).await
}

async fn step(
    caller: &Caller,
    kitchen: String,
    order_id: &str,
    method: &str,
    step: &impl Serialize,
) -> Result<Response, Problem> {
    let kitchen = ActorId::new("kitchen", kitchen)?;
    // Refused here, where the client named it, not in the arguments.
    ActorId::new("order", order_id)?;
    let arguments = Of { order_id, step };
    let reply = caller.ask_with(kitchen, method, &arguments).await?;
    respond(&reply, &granted::<Ticket<'_>>(&reply)?)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Seen<'a> {
    alert_id: u64,
    by: &'a str,
}

pub(super) async fn see_alert(
    caller: Caller,
    Path((id, alert)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let Nothing {} = body.parse_or_default()?;
    let kitchen = ActorId::new("kitchen", id)?;
    // What is no number is the number of none.
    let number = alert.parse().ok();
    let alert_id = number.ok_or_else(|| {
        let detail = format!("there is no alert {alert:?}");
        Problem::new(problem::NOT_FOUND, detail)
    })?;
    let by = caller.identity.signature();
    let seen = Seen { alert_id, by: &by };
    let reply: Reply = caller.ask_with(kitchen, "see-alert", &seen).await?;
    respond(&reply, &granted::<Alert<'_>>(&reply)?)
}
