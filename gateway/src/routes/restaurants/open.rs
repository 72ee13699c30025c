//! `PUT /api/restaurants/{id}/open`: whether it takes orders now.

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};

use crate::answer::{granted, respond};
use crate::body::{JsonBody, Text};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::time::Given;
use crate::view::restaurant::Restaurant;

/// Whether it takes orders, and until when, or why not.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open<'a> {
    open: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Given>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<'a>>,
}

pub(super) async fn set(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id)?;
    let open: Open<'_> = body.parse()?;
    let reply = caller.ask_with(restaurant, "set-open", &open).await?;
    respond(&reply, &granted::<Restaurant<'_>>(&reply)?)
}
