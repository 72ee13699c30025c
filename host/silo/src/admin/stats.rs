//! `/stats`: figures of the moment.

use super::state::Admin;
use super::view::time;
use crate::about::{VERSION, memory_bytes};
use axum::Json;
use axum::extract::State;
use pizza_runtime::{BreakerState, CellView, ClusterView};
use pizza_types::CellName;
use serde_json::{Map, Value, json};

pub(super) async fn stats(State(admin): State<Admin>) -> Json<Value> {
    let stats = admin.silo.stats();
    // One of each type, so that their number is bounded by the modules.
    let breakers = admin.silo.breakers().into_iter();
    let breakers: Map<String, Value> = breakers
        .map(|(actor_type, state)| (actor_type.to_string(), breaker(state)))
        .collect();
    let about = &admin.about;
    Json(json!({
        "silo": about.id,
        "name": about.name,
        "version": VERSION,
        "startedAt": time(about.started_ms),
        "store": about.store,
        "durability": about.durability.to_string(),
        "memoryBytes": memory_bytes(),
        "actorsInMemory": stats.actors_in_memory,
        "actorsAtWork": stats.actors_at_work,
        "outboxPending": stats.outbox_pending,
        "remindersSoon": stats.reminders_soon,
        "breakers": breakers,
        "cluster": admin.silo.cluster().map(|view| cluster(&view)),
        "cell": admin.silo.cell().map(CellName::as_str),
        "cells": admin.silo.cells().iter().map(cell).collect::<Vec<_>>(),
        "storeStopped": admin.store.stop_reason(),
        "storeFull": admin.store.full_reason(),
    }))
}

fn cluster(view: &ClusterView) -> Value {
    let members = view.members.iter().map(|member| {
        json!({
            "silo": &*member.silo.0,
            "address": &*member.address,
            "operators": member.edges.as_deref(),
            "state": if member.is_leaving { "leaving" } else { "live" },
            "shards": member.shards,
            "labels": member.labels,
        })
    });
    json!({
        "silo": &*view.silo.0,
        "viewVersion": view.version,
        "leaseLeftMs": view.lease_left_ms,
        "clockAheadMs": view.clock_ahead_ms,
        "relayLagMs": view.relay_lag_ms,
        "guardianLagMs": view.guardian_lag_ms,
        "members": members.collect::<Vec<_>>(),
    })
}

fn cell(view: &CellView) -> Value {
    json!({
        "cell": view.name.as_str(),
        "state": if view.is_away { "away" } else { "there" },
        "roundTripMs": view.round_trip_ms,
        "parked": view.parked,
        "parkedMax": view.parked_max,
    })
}

fn breaker(state: BreakerState) -> Value {
    match state {
        BreakerState::Closed { failures } => json!({"state": "closed", "failures": failures}),
        BreakerState::Open { left_ms } => json!({"state": "open", "leftMs": left_ms}),
        BreakerState::HalfOpen => json!({"state": "half-open"}),
    }
}
