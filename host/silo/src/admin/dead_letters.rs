//! `/dead-letters`: list, show, replay, drop.

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, extract::State};
use pizza_store::DeadLetter;
use pizza_types::{Body, CallError};
use serde_json::{Value, json};

use super::extract::{Page, Path, Query};
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;
use super::view::{json_or_text, time};

/// The most letters read at once: each may carry a megabyte.
const PAGE_MAX: usize = 100;

pub(super) fn routes() -> Routes {
    Routes::default()
        .for_operators("/dead-letters", get(list))
        .for_operators("/dead-letters/{id}", get(show).delete(drop_one))
        .for_operators("/dead-letters/{id}/replay", post(replay))
}

async fn list(
    State(admin): State<Admin>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let limit = page.limit().min(PAGE_MAX);
    let letters = admin.silo.dead_letters(page.after, limit).await?;
    // A full page may not be the last one.
    let is_full = letters.len() == limit;
    let next = letters.last().filter(|_| is_full).map(|last| last.id);
    let letters = letters.iter().map(|b| summary(b.id, &b.letter));
    let letters: Vec<Value> = letters.collect();
    Ok(Json(json!({"deadLetters": letters, "next": next})))
}

async fn show(State(admin): State<Admin>, Path(id): Path<u64>) -> Result<Json<Value>, Problem> {
    let letter = admin.silo.dead_letter(id).await?;
    let letter = letter.ok_or_else(|| missing(id))?;
    let mut view = summary(id, &letter);
    view["messageId"] = json!(letter.envelope.id.to_string());
    view["caller"] = json!(letter.envelope.caller.as_ref().map(ToString::to_string));
    view["trace"] = json!(letter.envelope.trace);
    view["message"] = message(&letter.envelope.body);
    Ok(Json(view))
}

async fn replay(State(admin): State<Admin>, Path(id): Path<u64>) -> Result<Json<Value>, Problem> {
    match admin.silo.replay_dead_letter(id).await {
        Ok(Some(reply)) => Ok(Json(json!({
            "id": id,
            "declined": reply.declined,
            "reply": json_or_text(&reply.body),
        }))),
        Ok(None) => Err(missing(id)),
        Err(error) => Err(failed_again(id, error)),
    }
}

async fn drop_one(State(admin): State<Admin>, Path(id): Path<u64>) -> Result<StatusCode, Problem> {
    if admin.silo.drop_dead_letter(id).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(missing(id))
}

fn missing(id: u64) -> Problem {
    Problem::not_found(format!("there is no dead letter {id}"))
}

/// The answer to a replay that failed. What passes is answered as ever; what the message did
/// wrong is no fault of the server.
fn failed_again(id: u64, error: CallError) -> Problem {
    // With its own status: the operator tries again, and the letter stays.
    if error.is_transient() {
        return error.into();
    }
    let detail = format!("dead letter {id} stays: {error}");
    Problem::new(StatusCode::CONFLICT, "replay-failed", detail)
}

fn summary(id: u64, letter: &DeadLetter) -> Value {
    json!({
        "id": id,
        "at": time(letter.at_ms),
        "actor": letter.envelope.target.to_string(),
        "what": letter.envelope.body.title(),
        "attempts": letter.attempts,
        "error": letter.error,
    })
}

fn message(body: &Body) -> Value {
    match body {
        Body::Call { method, arguments } => {
            json!({"kind": "call", "method": method, "arguments": json_or_text(arguments)})
        }
        Body::Timer { name } => json!({"kind": "timer", "name": name}),
        Body::Reminder {
            name,
            due_ms,
            missed,
        } => json!({"kind": "reminder", "name": name, "due": time(*due_ms), "missed": missed}),
        Body::Events { stream, events } => {
            let event = |event: &pizza_types::StreamEvent| json!({"position": event.position, "payload": json_or_text(&event.payload)});
            let events: Vec<Value> = events.iter().map(event).collect();
            json!({"kind": "events", "stream": stream, "events": events})
        }
    }
}
