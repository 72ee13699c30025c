//! `/rates`: how each module that serves did lately, on this silo.

use axum::Json;
use axum::extract::State;
use pizza_runtime::Latency;
use serde_json::{Value, json};

use super::state::Admin;
use super::view::time;
use crate::rates::{Rate, Span, WINDOW_MS};

pub(super) async fn rates(State(admin): State<Admin>) -> Json<Value> {
    let rates: Vec<Value> = admin.rates.all().iter().map(rate).collect();
    Json(json!({
        "at": time(admin.silo.wall_ms()),
        "silo": admin.about.id,
        "windowMs": WINDOW_MS,
        "rates": rates,
    }))
}

fn rate(rate: &Rate) -> Value {
    let mut view = json!({
        "actorType": &*rate.actor_type,
        "digest": rate.digest.to_string(),
        "role": if rate.is_canary { "trial" } else { "current" },
        "percent": rate.percent,
        "window": span(&rate.window),
        "recently": span(&rate.recently),
    });
    if let Some(since) = &rate.since_canary {
        view["sinceTrial"] = span(since);
    }
    view
}

fn span(span: &Span) -> Value {
    json!({
        "overMs": span.over_ms,
        "turns": span.counts.turns,
        "failed": span.counts.failed,
        "latency": latency(&span.counts.latency),
    })
}

/// Whole, and no quantiles: those of several silos cannot be made one.
fn latency(latency: &Latency) -> Value {
    let classes = latency.classes();
    classes
        .map(|(end_us, count)| json!([end_us, count]))
        .collect()
}
