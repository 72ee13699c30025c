//! `/api/restaurants/{id}/alerts`: what needs the manager's attention, newest first, page by page.

use std::time::Duration;

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::{granted, plain, respond};
use crate::body::{JsonBody, Nothing};
use crate::caller::Caller;
use crate::endpoint::Parameter;
use crate::problem::{self, Problem};
use crate::routes::lists::{LIMIT, paged};
use crate::schema::Schemas;
use crate::view::alert::Alert;

pub(super) const PAGES: &[Parameter] = &[
    Parameter {
        name: "after",
        about: "The `next` of the page before.",
        schema: |_| json!({"type": "integer", "minimum": 0}),
    },
    LIMIT,
];

/// How many alerts a page has where the client does not say; [`PAGE_MAX`] is the most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;
/// The restaurant keeps an alert a moment after screens have it from its stream: it takes in what is
/// told there in batches.
const TAKEN_IN_WITHIN: Duration = Duration::from_millis(200);

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let alerts = schemas.list_of("restaurant", "manager-alert");
    let next = json!({
        "type": "integer",
        "minimum": 0,
        "description": "What to ask for as `after`",
    });
    paged("alerts", alerts, next)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    after: Option<u64>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Arguments {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    limit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alerts<'a> {
    restaurant_id: &'a str,
    alerts: Vec<Alert<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

pub(super) async fn list(
    caller: Caller,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let arguments = Arguments {
        before: page.after,
        limit,
    };
    let reply = caller.ask_with(restaurant, "alerts", &arguments).await?;
    let alerts: Vec<Alert<'_>> = plain(&reply)?;
    // A page that is full may be the last one: then the next is empty, which costs one request.
    let full = alerts.len() >= limit as usize;
    let next = alerts.last().filter(|_| full).map(|last| last.id);
    let answer = Alerts {
        restaurant_id: &id,
        alerts,
        next,
    };
    respond(&reply, &answer)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Seen<'a> {
    alert_id: u64,
    by: &'a str,
}

pub(super) async fn see(
    caller: Caller,
    Path((id, alert)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let Nothing {} = body.parse_or_default()?;
    let restaurant = ActorId::new("restaurant", id)?;
    // What is no number is the number of none.
    let alert_id = alert.parse().map_err(|_| {
        let detail = format!("there is no alert {alert:?}");
        Problem::new(problem::NOT_FOUND, detail)
    })?;
    let by = caller.identity.signature();
    let seen = Seen { alert_id, by: &by };
    let asked = caller.ask_with(restaurant.clone(), "see-alert", &seen);
    let mut reply = asked.await?;
    if is_unknown(&reply) {
        tokio::time::sleep(TAKEN_IN_WITHIN).await;
        // Under another id: the first question has its answer for ever.
        let another = caller.for_another();
        reply = another.ask_with(restaurant, "see-alert", &seen).await?;
    }
    respond(&reply, &granted::<Alert<'_>>(&reply)?)
}

fn is_unknown(reply: &Reply) -> bool {
    let answer = granted::<Alert<'_>>(reply);
    answer.is_err_and(|problem| problem.kind() == problem::NOT_FOUND)
}
