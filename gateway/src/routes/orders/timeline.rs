//! `GET /api/orders/{id}/timeline`: the steps that an order has taken.

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{granted, respond};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::schema::{Object, Schemas, about};
use crate::time::At;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Timeline<'a> {
    order_id: &'a str,
    steps: Vec<Step<'a>>,
}

#[derive(Deserialize, Serialize)]
struct Step<'a> {
    version: u64,
    at: At,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    from: Option<&'a RawValue>,
    #[serde(borrow)]
    to: &'a RawValue,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    by: Option<&'a RawValue>,
}

pub(super) async fn read(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let order = ActorId::new("order", id.as_str())?;
    let reply = caller.ask(order, "timeline").await?;
    let steps = granted(&reply)?;
    let order_id = &id;
    respond(&reply, &Timeline { order_id, steps })
}

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let steps = schemas.list_of("order", "step");
    let id = about("The order's id.", serde_json::json!({"type": "string"}));
    let timeline = Object::default().with("orderId", id, true);
    let steps = about("Oldest first.", steps);
    timeline.with("steps", steps, true).done()
}
