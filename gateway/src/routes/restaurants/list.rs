//! `/api/restaurants`: all of them, by id, page by page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use pizza_client::Everywhere;
use pizza_http::extract::Query;
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::restaurant::Restaurant;
use crate::answer::{granted, json as answer};
use crate::app::App;
use crate::caller::Caller;
use crate::endpoint::Parameter;
use crate::problem::{self, Problem};
use crate::routes::lists::{AFTER, LIMIT};
use crate::schema::{Object, Schemas, about};

pub(super) const PAGES: &[Parameter] = &[AFTER, LIMIT];

/// How many restaurants a page has where the client does not say; [`PAGE_MAX`] is the most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;
/// How many restaurants are asked at once.
const ASKED_AT_ONCE: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    restaurants: Vec<Restaurant<'a>>,
    /// What to ask for as `after` to see more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
    /// The cells that are away, whose restaurants are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_cells: Vec<Arc<str>>,
}

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let all = schemas.list_of("restaurant", "restaurant-state");
    let all = about("One page of them, by id.", all);
    let next = json!({"type": "string", "description": "What to ask for as `after`"});
    let list = Object::default().with("restaurants", all, true);
    let missing = json!({
        "type": "array",
        "items": {"type": "string"},
        "description": "The cells that are away, whose restaurants are missing",
    });
    let list = list.with("next", next, false);
    list.with("missingCells", missing, false).done()
}

/// Lists restaurants: the store knows which there are, and each of them what it is.
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX) as usize;
    let transport = app.client().transport();
    let listed = transport.actors_everywhere("restaurant", page.after.as_deref(), limit);
    let Everywhere { keys: ids, missing } = listed
        .await
        .map_err(|error| crate::refused::call(error, caller.id))?;
    let questions: Vec<_> = ids.iter().map(|id| ask(&caller, id)).collect();
    let replies: Vec<Reply> = stream::iter(questions)
        // In their order, which is that of the ids.
        .buffered(ASKED_AT_ONCE)
        .try_collect()
        .await?;
    let mut restaurants = Vec::with_capacity(replies.len());
    for reply in &replies {
        match granted(reply) {
            Ok(restaurant) => restaurants.push(restaurant),
            // Somebody asked for it once, but it was never set up.
            Err(problem) if problem.kind() == problem::NOT_FOUND => {}
            Err(problem) => return Err(problem),
        }
    }
    // By the ids and not by the answers, of which some may be left out.
    let next = ids.last().filter(|_| ids.len() >= limit).map(|id| &**id);
    let list = List {
        restaurants,
        next,
        missing_cells: missing,
    };
    answer(axum::http::StatusCode::OK, &list)
}

async fn ask(caller: &Caller, id: &str) -> Result<Reply, Problem> {
    caller.ask(ActorId::new("restaurant", id)?, "get").await
}
