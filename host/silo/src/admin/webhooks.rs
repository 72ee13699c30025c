//! `/webhooks`: how they stand, what they could not post, and what is asked of whoever posts. That may be
//! another process: it keeps notes with the silos, and finds there what is asked of it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use bytes::Bytes;
use pizza_client::Note;
use pizza_client::notes::IN_A_FOLDER_MAX;
use pizza_client::webhooks::{
    self, WebhookAnswer, WebhookLetter, WebhookRequest, WebhookState, WebhookWish,
};
use pizza_types::CallError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::extract::{Path, Query};
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;
use super::view::{json_or_text, time};
use crate::notes;
use crate::refused::refused;

/// The most notes read at once.
const PAGE_MAX: usize = 100;
/// How long whoever posts may take for what is asked of it.
const ANSWER_WAIT: Duration = Duration::from_secs(45);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) fn routes() -> Routes {
    Routes::default()
        .for_operators("/webhooks", get(list))
        .for_operators("/webhooks/{name}", get(show))
        .for_operators("/webhooks/{name}/switch-on", post(switch_on))
        .for_operators("/webhooks/{name}/test", post(test))
        .for_operators("/webhooks/{name}/dead-letters", get(letters))
        .for_operators(
            "/webhooks/{name}/dead-letters/{id}",
            get(letter).delete(drop_one),
        )
        .for_operators("/webhooks/{name}/dead-letters/{id}/replay", post(replay))
}

/// Which piece of a list is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    /// The id behind which the piece begins.
    after: Option<String>,
    limit: Option<usize>,
}

async fn list(State(admin): State<Admin>) -> Result<Json<Value>, Problem> {
    let mut views = Vec::new();
    for state in all::<WebhookState>(&admin, webhooks::STATES).await? {
        views.push(view(&admin, &state).await?);
    }
    Ok(Json(json!({"webhooks": views})))
}

async fn show(
    State(admin): State<Admin>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    let state = known(&admin, &name).await?;
    Ok(Json(view(&admin, &state).await?))
}

async fn letters(
    State(admin): State<Admin>,
    Path(name): Path<String>,
    Query(piece): Query<Piece>,
) -> Result<Json<Value>, Problem> {
    let limit = piece.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let folder = webhooks::letters(&name);
    let after = piece.after.map(|after| format!("{folder}{after}"));
    let letters: Vec<WebhookLetter> = page(&admin, &folder, after.as_deref(), limit).await?;
    if letters.is_empty() && after.is_none() {
        known(&admin, &name).await?;
    }
    // A full page may not be the last one.
    let is_full = letters.len() == limit;
    let next = letters.last().filter(|_| is_full).map(|last| &last.id);
    let views: Vec<Value> = letters.iter().map(summary).collect();
    Ok(Json(json!({"deadLetters": views, "next": next})))
}

async fn letter(
    State(admin): State<Admin>,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let letter = kept(&admin, &name, &id).await?;
    let mut view = summary(&letter);
    let body = letter.body.as_ref();
    view["message"] = body.map_or(Value::Null, |body| json_or_text(body.as_bytes()));
    view["bytes"] = json!(letter.bytes);
    Ok(Json(view))
}

async fn drop_one(
    State(admin): State<Admin>,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    kept(&admin, &name, &id).await?;
    let fact = notes::fact(&letter_name(&name, &id));
    admin.store.remove_fact(&fact).await.map_err(refused)?;
    tracing::info!(webhook = name, id, "a dead letter was dropped");
    Ok(StatusCode::NO_CONTENT)
}

async fn replay(
    State(admin): State<Admin>,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    kept(&admin, &name, &id).await?;
    let wish = WebhookWish::Replay { id: id.clone() };
    let answer = ask(&admin, &name, wish).await?;
    if answer.is_done {
        return Ok(Json(json!({"id": id, "detail": answer.detail})));
    }
    let detail = format!("dead letter {id} stays: {}", answer.detail);
    Err(Problem::new(StatusCode::CONFLICT, "replay-failed", detail))
}

async fn test(
    State(admin): State<Admin>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    let answer = ask(&admin, &name, WebhookWish::Test).await?;
    if answer.is_done {
        return Ok(Json(json!({"webhook": name, "detail": answer.detail})));
    }
    let code = "not-acknowledged";
    Err(Problem::new(StatusCode::CONFLICT, code, answer.detail))
}

async fn switch_on(
    State(admin): State<Admin>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    let answer = ask(&admin, &name, WebhookWish::SwitchOn).await?;
    Ok(Json(json!({"webhook": name, "detail": answer.detail})))
}

/// Leaves a note for whoever posts, and waits for the answer in its place.
async fn ask(admin: &Admin, name: &str, wish: WebhookWish) -> Result<WebhookAnswer, Problem> {
    let state = known(admin, name).await?;
    let transport = admin.client.transport();
    if transport
        .lease(&webhooks::lease(&state.name))
        .await?
        .is_none()
    {
        return Err(nobody(name));
    }
    let request = WebhookRequest {
        wish,
        at_ms: transport.now_ms(),
        answer: None,
    };
    let (folder, id) = (webhooks::requests(name), transport.fresh_id());
    let note = format!("{folder}{id}");
    let value = serde_json::to_vec(&request).map(Bytes::from);
    let value = value.map_err(|error| CallError::bad_argument("", error.to_string()))?;
    notes::check(&*admin.store, &note, Some(&value)).await?;
    let fact = notes::fact(&note);
    let set = admin.store.set_fact(&fact, value).await;
    set.map_err(refused)?;
    let answer = answered(admin, &fact).await;
    // Answered or not, nobody waits for it any longer.
    let removed = admin.store.remove_fact(&fact).await;
    removed.map_err(refused)?;
    answer?.ok_or_else(|| nobody(name))
}

async fn answered(admin: &Admin, fact: &str) -> Result<Option<WebhookAnswer>, Problem> {
    let until = Instant::now() + ANSWER_WAIT;
    let mut closing = admin.closing.clone();
    while Instant::now() < until {
        let kept = admin.store.fact(fact).await.map_err(refused)?;
        let request = kept.and_then(|value| serde_json::from_slice::<WebhookRequest>(&value).ok());
        // Gone, it was too old for whoever posts.
        let Some(request) = request else {
            return Ok(None);
        };
        if request.answer.is_some() {
            return Ok(request.answer);
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            _ = closing.wait_for(|closing| *closing) => return Ok(None),
        }
    }
    Ok(None)
}

fn nobody(name: &str) -> Problem {
    let detail = format!(
        "nobody posts webhook {name} at the moment: it is configured in a process that does not run"
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-working", detail)
}

fn letter_name(name: &str, id: &str) -> String {
    format!("{}{id}", webhooks::letters(name))
}

async fn known(admin: &Admin, name: &str) -> Result<WebhookState, Problem> {
    let state = one(admin, &format!("{}{name}", webhooks::STATES)).await?;
    let missing = || Problem::not_found(format!("there is no webhook {name}"));
    state.ok_or_else(missing)
}

async fn kept(admin: &Admin, name: &str, id: &str) -> Result<WebhookLetter, Problem> {
    let letter = one(admin, &letter_name(name, id)).await?;
    let missing = || Problem::not_found(format!("webhook {name} has no dead letter {id}"));
    letter.ok_or_else(missing)
}

async fn one<T: DeserializeOwned>(admin: &Admin, name: &str) -> Result<Option<T>, Problem> {
    let kept = admin
        .store
        .fact(&notes::fact(name))
        .await
        .map_err(refused)?;
    Ok(kept.and_then(|value| serde_json::from_slice(&value).ok()))
}

async fn all<T: DeserializeOwned>(admin: &Admin, folder: &str) -> Result<Vec<T>, Problem> {
    page(admin, folder, None, IN_A_FOLDER_MAX).await
}

/// Notes of a folder; those of another version are left out.
async fn page<T: DeserializeOwned>(
    admin: &Admin,
    folder: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<T>, Problem> {
    let listed = notes::list(&*admin.store, folder, after, limit).await;
    let read = |note: Note| serde_json::from_slice(&note.value).ok();
    Ok(listed
        .map_err(refused)?
        .into_iter()
        .filter_map(read)
        .collect())
}

async fn view(admin: &Admin, state: &WebhookState) -> Result<Value, Problem> {
    let folder = webhooks::letters(&state.name);
    let folder = folder.trim_end_matches('/');
    let waiting = notes::count(&*admin.store, folder).await.map_err(refused)?;
    let is_posting = admin
        .client
        .transport()
        .lease(&webhooks::lease(&state.name))
        .await?;
    let standing = match (&state.off_because, is_posting) {
        (_, None) => "not-running",
        (Some(_), _) => "off",
        // What happens before it is settled where it begins is not told.
        (None, _) if !state.has_begun => "starting",
        (None, Some(_)) if state.attempts > 0 => "retrying",
        (None, Some(_)) => "on",
    };
    Ok(json!({
        "name": state.name,
        "state": standing,
        "url": state.url,
        "stream": state.stream,
        "offBecause": state.off_because,
        "at": time(state.at_ms),
        "delivered": state.delivered,
        "failed": state.failed,
        "deadLetters": waiting,
        "missed": state.missed,
        "lag": state.lag,
        "attempts": state.attempts,
        "lastDelivery": state.last_delivery_ms.map(time),
        "lastError": state.last_error,
        "lastErrorAt": state.last_error_ms.map(time),
    }))
}

fn summary(letter: &WebhookLetter) -> Value {
    json!({
        "id": letter.id,
        "webhook": letter.webhook,
        "at": time(letter.at_ms),
        "stream": letter.stream,
        "key": letter.key,
        "position": letter.position,
        "attempts": letter.attempts,
        "error": letter.error,
    })
}
