//! `/api/restaurants/{id}`

use axum::extract::State;
use axum::routing::get;
use axum::{Json as Reply, Router};
use serde_json::{Value, json};

use crate::ask::{To, command, query};
use crate::body::Path;
use crate::problem::Problem;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/restaurants/{id}", get(read))
        .route("/api/restaurants/{id}/menu", get(menu))
}

async fn read(State(app): State<App>, Path(id): Path<String>) -> Result<Reply<Value>, Problem> {
    command(&app, To("restaurant", &id, "get"), &[(); 0], None)
        .await
        .map(Reply)
}

async fn menu(State(app): State<App>, Path(id): Path<String>) -> Result<Reply<Value>, Problem> {
    let menu: Value = query(&app, To("inventory", &id, "menu"), &[(); 0]).await?;
    Ok(Reply(json!({"restaurantId": id, "menu": menu})))
}
