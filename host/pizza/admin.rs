//! Figures for operators, on a listener of their own.

use axum::routing::get;
use axum::{Json, Router};
use pizza_runtime::Silo;
use serde_json::{Value, json};

pub(crate) fn router(silo: Silo) -> Router {
    Router::new()
        .route(
            "/health/live",
            get(|| async { Json(json!({"status": "live"})) }),
        )
        .route("/stats", get(move || async move { Json(stats(&silo)) }))
}

fn stats(silo: &Silo) -> Value {
    let stats = silo.stats();
    json!({
        "actorsInMemory": stats.actors_in_memory,
        "actorsAtWork": stats.actors_at_work,
        "outboxPending": stats.outbox_pending,
        "remindersSoon": stats.reminders_soon,
    })
}
