//! `/api/kitchen/{id}`

use axum::extract::State;
use axum::routing::{delete, get};
use axum::{Json as Reply, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ask::{To, command, query};
use crate::body::{Json, Path, Query};
use crate::idempotency::Idempotency;
use crate::problem::Problem;
use crate::server::App;

const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/kitchen/{id}/queue", get(queue))
        .route("/api/kitchen/{id}/status", get(status))
        .route("/api/kitchen/{id}/display", get(display))
        .route("/api/kitchen/{id}/chefs", axum::routing::post(clock_in))
        .route("/api/kitchen/{id}/chefs/{chef}", delete(clock_out))
}

#[derive(Deserialize)]
struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

async fn queue(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Reply<Value>, Problem> {
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let arguments = json!({"after": page.after, "limit": limit});
    let tickets: Vec<Value> = query(&app, To("kitchen", &id, "queue"), &arguments).await?;
    let full = tickets.len() >= limit as usize;
    let next = tickets
        .last()
        .filter(|_| full)
        .map(|ticket| ticket["orderId"].clone());
    let mut reply = json!({"kitchenId": id, "queue": tickets});
    if let Some(next) = next {
        reply["next"] = next;
    }
    Ok(Reply(reply))
}

async fn status(State(app): State<App>, Path(id): Path<String>) -> Result<Reply<Value>, Problem> {
    query(&app, To("kitchen", &id, "status"), &[(); 0])
        .await
        .map(Reply)
}

async fn display(State(app): State<App>, Path(id): Path<String>) -> Result<Reply<Value>, Problem> {
    query(&app, To("kitchen", &id, "display"), &[(); 0])
        .await
        .map(Reply)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Chef {
    chef_id: String,
}

async fn clock_in(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
    Json(chef): Json<Chef>,
) -> Result<Reply<Value>, Problem> {
    let to = To("kitchen", &id, "clock-in");
    command(&app, to, &chef, message).await.map(Reply)
}

async fn clock_out(
    State(app): State<App>,
    Path((id, chef_id)): Path<(String, String)>,
) -> Result<Reply<Value>, Problem> {
    let to = To("kitchen", &id, "clock-out");
    command(&app, to, &Chef { chef_id }, None).await.map(Reply)
}
