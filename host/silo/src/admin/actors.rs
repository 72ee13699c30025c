//! `/actors/{type}` and `/actors/{type}/{key}`: look at actors, ask one, put it to rest.

use axum::Json;
use axum::extract::State;
use axum::routing::{get, post};
use pizza_client::Call;
use pizza_runtime::{Handled, Presence};
use pizza_types::ActorId;
use serde_json::{Value, json};

use super::extract::{Body, Page, Path, Query};
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;
use super::view::{json_or_text, text, time};
use super::whole::{record, whole};

pub(super) fn routes() -> Routes {
    Routes::default()
        .for_operators("/actor-keys/{type}", get(keys))
        .for_operators("/actors/{type}", get(export))
        .for_operators("/actors/{type}/{key}", get(inspect))
        .for_operators("/actors/{type}/{key}/history", get(history))
        .for_operators("/actors/{type}/{key}/call/{method}", post(call))
        .for_operators("/actors/{type}/{key}/deactivate", post(deactivate))
}

/// The most actors in one page of an export.
const EXPORT_MAX: usize = 1_000;
/// The bytes of states and entries after which a page ends. As JSON they are a few times as many.
const EXPORT_BYTES_MAX: usize = 4 << 20;

/// Which page of an export is asked for.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportPage {
    /// The key behind which it begins.
    after: Option<String>,
    #[serde(default = "ExportPage::usual")]
    limit: usize,
}

impl ExportPage {
    fn usual() -> usize {
        100
    }
}

async fn export(
    State(admin): State<Admin>,
    Path(actor_type): Path<String>,
    Query(page): Query<ExportPage>,
) -> Result<Json<Value>, Problem> {
    let (after, limit) = (page.after.as_deref(), page.limit.clamp(1, EXPORT_MAX));
    let silo = &admin.silo;
    let exported = silo.export(&actor_type, after, limit, EXPORT_BYTES_MAX);
    let exported = exported.await?;
    let actors: Vec<Value> = exported.actors.iter().map(whole).collect();
    Ok(Json(
        json!({"actors": actors, "next": exported.next.as_deref()}),
    ))
}

type ActorPath = Path<(String, String)>;

/// The most keys in one page, and the most that are looked at for it.
const KEYS_MAX: usize = 1_000;
const LOOKED_THROUGH_MAX: usize = 20_000;

/// Which keys are asked for.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysPage {
    /// What a key must have in it.
    #[serde(default)]
    q: String,
    /// The key behind which it begins.
    after: Option<String>,
    #[serde(default = "ExportPage::usual")]
    limit: usize,
}

async fn keys(
    State(admin): State<Admin>,
    Path(actor_type): Path<String>,
    Query(page): Query<KeysPage>,
) -> Result<Json<Value>, Problem> {
    check_type(&admin, &actor_type)?;
    let limit = page.limit.clamp(1, KEYS_MAX);
    let (mut after, mut found, mut looked) = (page.after, Vec::new(), 0);
    loop {
        let read = admin.silo.actors(&actor_type, after.as_deref(), KEYS_MAX);
        let read = read.await?;
        let is_last = read.len() < KEYS_MAX;
        looked += read.len();
        for key in read {
            after = Some(key.to_string());
            if key.contains(&page.q) {
                found.push(key);
            }
            if found.len() == limit {
                return Ok(Json(json!({"keys": found, "next": after})));
            }
        }
        if is_last {
            return Ok(Json(json!({"keys": found, "next": null})));
        }
        if looked >= LOOKED_THROUGH_MAX {
            return Ok(Json(json!({"keys": found, "next": after})));
        }
    }
}

/// A type that is mistyped would be one without actors.
pub(super) fn check_type(admin: &Admin, actor_type: &str) -> Result<(), Problem> {
    let types = admin.silo.breakers();
    if types.iter().any(|(name, _)| **name == *actor_type) {
        return Ok(());
    }
    let detail = format!("there is no actor type {actor_type:?}");
    Err(Problem::not_found(detail))
}

async fn inspect(
    State(admin): State<Admin>,
    Path((actor_type, key)): ActorPath,
) -> Result<Json<Value>, Problem> {
    let actor = ActorId::new(actor_type, key)?;
    let found = admin.silo.inspect(&actor).await?;
    let mut view = json!({
        "actor": actor.to_string(),
        "exists": found.stored.is_some(),
        "presence": presence(found.presence),
        "pending": pending(&admin, &actor),
    });
    if let Some(retired_ms) = found.retired_ms {
        view["retired"] = json!(time(retired_ms));
    }
    // An actor exists without a record, so that it is shown all the same.
    if let (Some(stored), Some(view)) = (found.stored, view.as_object_mut()) {
        view.extend(record(&stored));
    }
    Ok(Json(view))
}

async fn history(
    State(admin): State<Admin>,
    Path((actor_type, key)): ActorPath,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let actor = ActorId::new(actor_type, key)?;
    let history = admin.silo.history(&actor, page.limit()).await?;
    let messages: Vec<Value> = history.messages.iter().map(handled).collect();
    Ok(Json(json!({
        "actor": actor.to_string(),
        "messages": messages,
        "complete": history.complete,
    })))
}

async fn call(
    State(admin): State<Admin>,
    Path((actor_type, key, method)): Path<(String, String, String)>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let arguments = body?;
    // Named in the answer, so that an operator finds the message in the history.
    let id = admin.silo.fresh_id();
    let mut call = Call::new(ActorId::new(actor_type, key)?, &method).id(Some(id));
    if !arguments.is_empty() {
        call.arguments = arguments;
    }
    let reply = admin.client.raw(call).await?;
    Ok(Json(json!({
        "messageId": id.to_string(),
        "declined": reply.declined,
        "durability": reply.durability.to_string(),
        "reply": json_or_text(&reply.body),
    })))
}

async fn deactivate(
    State(admin): State<Admin>,
    Path((actor_type, key)): ActorPath,
) -> Result<Json<Value>, Problem> {
    let actor = ActorId::new(actor_type, key)?;
    let was = admin.silo.deactivate(&actor).await?;
    Ok(Json(json!({
        "actor": actor.to_string(),
        "was": presence(was),
        "deactivated": was == Presence::AtRest,
    })))
}

/// Messages on their way from the actor, by whom they are for, as this silo knows of them.
fn pending(admin: &Admin, actor: &ActorId) -> Vec<Value> {
    let pending = admin.silo.pending_from(actor).into_iter();
    let pending = pending.map(|(to, waiting)| json!({"to": to.to_string(), "waiting": waiting}));
    pending.collect()
}

fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::NotInMemory => "not-in-memory",
        Presence::AtRest => "at-rest",
        Presence::AtWork => "at-work",
    }
}

fn handled(message: &Handled) -> Value {
    let is_whole = message.reply.len() == message.reply_bytes;
    json!({
        "messageId": message.id.to_string(),
        "at": time(message.at_ms),
        "declined": message.declined,
        "what": &*message.title,
        "caller": message.caller.as_ref().map(ToString::to_string),
        "trace": message.trace.as_deref(),
        "replyBytes": message.reply_bytes,
        // A piece of JSON is none.
        "reply": if is_whole { json_or_text(&message.reply) } else { json!(text(&message.reply)) },
    })
}
