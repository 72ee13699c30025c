//! `/api/inventory/{id}`

use axum::extract::State;
use axum::routing::{get, put};
use axum::{Json as Reply, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ask::{To, command, query};
use crate::body::{Json, Path, Query};
use crate::idempotency::Idempotency;
use crate::problem::Problem;
use crate::server::App;

const DAYS: u32 = 90;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/inventory/{id}", get(stock))
        .route("/api/inventory/{id}/stock", put(restock))
        .route("/api/inventory/{id}/thresholds", put(set_thresholds))
        .route("/api/inventory/{id}/history", get(history))
}

async fn stock(State(app): State<App>, Path(id): Path<String>) -> Result<Reply<Value>, Problem> {
    let stock: Value = query(&app, To("inventory", &id, "stock"), &[(); 0]).await?;
    Ok(Reply(json!({"restaurantId": id, "stock": stock})))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    ingredient: String,
    quantity: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    amounts: Vec<Amount>,
}

async fn restock(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
    Json(delivery): Json<Delivery>,
) -> Result<Reply<Value>, Problem> {
    let to = To("inventory", &id, "restock");
    let stock: Value = command(&app, to, &delivery, message).await?;
    Ok(Reply(json!({"restaurantId": id, "stock": stock})))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    thresholds: Vec<Amount>,
}

async fn set_thresholds(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
    Json(thresholds): Json<Thresholds>,
) -> Result<Reply<Value>, Problem> {
    let to = To("inventory", &id, "set-threshold");
    let stock: Value = command(&app, to, &thresholds, message).await?;
    Ok(Reply(json!({"restaurantId": id, "stock": stock})))
}

#[derive(Deserialize)]
struct Days {
    days: Option<u32>,
}

async fn history(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(days): Query<Days>,
) -> Result<Reply<Value>, Problem> {
    let arguments = [days.days.unwrap_or(DAYS)];
    let days: Value = query(&app, To("inventory", &id, "history"), &arguments).await?;
    Ok(Reply(json!({"restaurantId": id, "days": days})))
}
