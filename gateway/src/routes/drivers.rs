//! `/api/drivers/{id}`

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json as Reply, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ask::{To, command, query};
use crate::body::{Json, Path};
use crate::idempotency::Idempotency;
use crate::problem::Problem;
use crate::server::App;
use crate::time;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/drivers/{id}/status", get(status).put(set_status))
        .route("/api/drivers/{id}/location", post(update_location))
        .route("/api/drivers/{id}/picked-up", post(picked_up))
        .route("/api/drivers/{id}/delivered", post(delivered))
}

/// A driver as clients see it.
fn outward(mut driver: Value) -> Reply<Value> {
    if let Some(ms) = driver.get("locatedAt").and_then(Value::as_u64) {
        driver["locatedAt"] = time::rfc3339(ms).into();
    }
    Reply(driver)
}

async fn status(State(app): State<App>, Path(id): Path<String>) -> Result<Reply<Value>, Problem> {
    query(&app, To("driver", &id, "get"), &[(); 0])
        .await
        .map(outward)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: Availability,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Availability {
    Offline,
    Available,
    Busy,
}

async fn set_status(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
    Json(body): Json<NewStatus>,
) -> Result<Reply<Value>, Problem> {
    let to = To("driver", &id, "set-status");
    command(&app, to, &body, message).await.map(outward)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    lat: f64,
    lon: f64,
    #[serde(deserialize_with = "time::read")]
    timestamp: u64,
}

async fn update_location(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
    Json(body): Json<Position>,
) -> Result<Reply<Value>, Problem> {
    let arguments = json!([{"lat": body.lat, "lon": body.lon}, body.timestamp]);
    let to = To("driver", &id, "update-location");
    command(&app, to, &arguments, message).await.map(outward)
}

async fn picked_up(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
) -> Result<Reply<Value>, Problem> {
    let to = To("driver", &id, "picked-up");
    command(&app, to, &[(); 0], message).await.map(outward)
}

async fn delivered(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
) -> Result<Reply<Value>, Problem> {
    let to = To("driver", &id, "delivered");
    command(&app, to, &[(); 0], message).await.map(outward)
}
