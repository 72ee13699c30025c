//! `/cluster`: what an operator may do to the cluster.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::problem::Problem;
use super::state::Admin;

pub(super) fn routes() -> Router<Admin> {
    Router::new().route("/cluster/accept-loss", post(accept_loss))
}

async fn accept_loss(State(admin): State<Admin>) -> Result<Json<Value>, Problem> {
    let Some(cluster) = &admin.cluster else {
        return Err(Problem::not_found("this silo is alone on its store"));
    };
    cluster.accept_loss().await.map_err(|error| {
        let detail = error.to_string();
        Problem::from(pizza_types::CallError::Store { detail })
    })?;
    tracing::warn!("what the store has was taken for all there is; what is missing is lost");
    Ok(Json(json!({"status": "accepted"})))
}
