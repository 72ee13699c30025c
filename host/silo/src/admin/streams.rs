//! `/streams/{stream}/{key}`: what was published.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use pizza_store::StoredEvent;
use serde_json::{Value, json};

use super::extract::{Page, Path, Query};
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;
use super::view::{json_or_text, time};

pub(super) fn routes() -> Routes {
    Routes::default().for_operators("/streams/{stream}/{key}", get(read))
}

async fn read(
    State(admin): State<Admin>,
    Path((stream, key)): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let found = admin.silo.page(&stream, &key, page.after, page.limit());
    let found = found.await?;
    let events: Vec<Value> = found.events.iter().map(event).collect();
    Ok(Json(json!({
        "oldest": found.oldest,
        "newest": found.newest,
        "events": events,
    })))
}

fn event(event: &StoredEvent) -> Value {
    json!({
        "position": event.position,
        "at": time(event.at_ms),
        "payload": json_or_text(&event.payload),
    })
}
