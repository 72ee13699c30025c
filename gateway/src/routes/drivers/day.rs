//! What a driver has done today.

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer::{granted, respond};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::time::At;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct DayView<'a> {
    #[serde(borrow)]
    driver_id: &'a RawValue,
    begin: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<At>,
    deliveries: u32,
    metres: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    average_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<u32>,
}

pub(super) async fn day(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let reply = caller.ask(ActorId::new("driver", id)?, "day").await?;
    respond(&reply, &granted::<DayView<'_>>(&reply)?)
}
