//! `/stats`: figures of the moment.

use super::state::Admin;
use axum::Json;
use axum::extract::State;
use pizza_runtime::BreakerState;
use serde_json::{Map, Value, json};

pub(super) async fn stats(State(admin): State<Admin>) -> Json<Value> {
    let stats = admin.silo.stats();
    // One of each type, so that their number is bounded by the modules.
    let breakers = admin.silo.breakers().into_iter();
    let breakers: Map<String, Value> = breakers
        .map(|(actor_type, state)| (actor_type.to_string(), breaker(state)))
        .collect();
    Json(json!({
        "actorsInMemory": stats.actors_in_memory,
        "actorsAtWork": stats.actors_at_work,
        "outboxPending": stats.outbox_pending,
        "remindersSoon": stats.reminders_soon,
        "breakers": breakers,
        "storeStopped": admin.store.stop_reason(),
        "storeFull": admin.store.full_reason(),
    }))
}

fn breaker(state: BreakerState) -> Value {
    match state {
        BreakerState::Closed { failures } => json!({"state": "closed", "failures": failures}),
        BreakerState::Open { left_ms } => json!({"state": "open", "leftMs": left_ms}),
        BreakerState::HalfOpen => json!({"state": "half-open"}),
    }
}
