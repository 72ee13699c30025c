//! `/plugins`: bind a plugin to an actor, look how it does, take it away.

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use pizza_store::StoreError;
use pizza_types::ActorId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Body, Path, Query, signature};
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;
use super::view::time;
use crate::plugins::{self, BindError, Bound};

/// The largest plugin that is taken, in bytes; one of the examples' kind has 40 KB.
const PLUGIN_BYTES_MAX: usize = 2 << 20;

pub(super) fn routes() -> Routes {
    let one = get(show).put(bind).delete(unbind);
    Routes::default()
        .for_operators("/plugins", get(list))
        .for_operators("/plugins/{type}/{key}", one)
        .map(|routes| routes.layer(DefaultBodyLimit::max(PLUGIN_BYTES_MAX)))
}

type ActorPath = Path<(String, String)>;

async fn list(State(admin): State<Admin>) -> Json<Value> {
    let bound = admin.plugins.list().await;
    let bound: Vec<Value> = bound.iter().map(view).collect();
    Json(json!({"plugins": bound}))
}

async fn show(
    State(admin): State<Admin>,
    Path((actor_type, key)): ActorPath,
) -> Result<Json<Value>, Problem> {
    let actor = ActorId::new(actor_type, key)?;
    let bound = admin.plugins.get(&actor).await;
    bound
        .map(|bound| Json(view(&bound)))
        .ok_or_else(|| nothing(&actor))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct How {
    #[serde(default)]
    allow_withdrawn: bool,
}

async fn bind(
    State(admin): State<Admin>,
    Path((actor_type, key)): ActorPath,
    Query(how): Query<How>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let actor = ActorId::new(actor_type, key)?;
    let breakers = admin.silo.breakers();
    // Every type that is served has one. A misspelt type would be bound for ever, and never
    // asked.
    if !breakers.iter().any(|(name, _)| name == actor.actor_type()) {
        let detail = format!("there is no actor type {:?}", actor.actor_type());
        return Err(Problem::not_found(detail));
    }
    let now_ms = admin.silo.wall_ms();
    let signature = signature(&headers)?;
    let plugins = &admin.plugins;
    let bound = plugins.bind(
        &actor,
        body?,
        signature.as_ref(),
        how.allow_withdrawn,
        now_ms,
    );
    let bound = bound.await?;
    tracing::info!(%actor, digest = bound.binding.digest, "a plugin is bound");
    Ok(Json(view(&bound)))
}

async fn unbind(
    State(admin): State<Admin>,
    Path((actor_type, key)): ActorPath,
) -> Result<StatusCode, Problem> {
    let actor = ActorId::new(actor_type, key)?;
    let was_bound = admin.plugins.unbind(&actor).await;
    if !was_bound.map_err(BindError::Store)? {
        return Err(nothing(&actor));
    }
    tracing::info!(%actor, "its plugin is taken away");
    Ok(StatusCode::NO_CONTENT)
}

fn nothing(actor: &ActorId) -> Problem {
    Problem::not_found(format!("no plugin is bound to {actor}"))
}

fn view(bound: &Bound) -> Value {
    let mut view = json!({
        "actor": bound.actor,
        "digest": bound.binding.digest,
        "bytes": bound.binding.bytes,
        "boundAt": time(bound.binding.at_ms),
        "signedBy": bound.binding.signed_by,
    });
    match &bound.state {
        plugins::State::InForce(figures) => {
            view["asked"] = json!(figures.asked);
            view["failed"] = json!(figures.failed);
            view["busy"] = json!(figures.busy);
            view["longestMs"] = json!(figures.longest.as_secs_f64() * 1_000.0);
            view["lastFailure"] = json!(figures.last_failure);
        }
        plugins::State::Unusable(why) => view["unusable"] = json!(why),
    }
    view
}

impl From<BindError> for Problem {
    fn from(error: BindError) -> Self {
        let (status, code) = match &error {
            BindError::Refused(_) | BindError::Signature(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "plugin-refused")
            }
            BindError::Withdrawn { .. } => (StatusCode::CONFLICT, "plugin-refused"),
            BindError::TooMany => (StatusCode::CONFLICT, "too-many-plugins"),
            BindError::Store(StoreError::Full { .. }) => {
                (StatusCode::INSUFFICIENT_STORAGE, "storage-full")
            }
            BindError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
        };
        Self::new(status, code, error.to_string())
    }
}
