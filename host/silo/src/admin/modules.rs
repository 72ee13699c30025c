//! `/modules`: push, look at, activate, take back.

use std::convert::Infallible;

use axum::Json;
use axum::body::{Body as Stream, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures_util::{StreamExt as _, stream};
use pizza_guest::{Change, Weight};
use pizza_modules::{Activate, Audit, DryRun, How, Plan, Push, Pushed, Refusal, Shown};
use pizza_store::StoreError;
use pizza_types::ActorId;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::extract::{Body, Path, Query, signature};
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;
use super::view::time;

pub(super) fn routes() -> Routes {
    Routes::default()
        .for_operators("/modules", get(list).post(push))
        .for_operators("/modules/{digest}", get(show).delete(remove))
        .for_operators("/modules/{digest}/diff/{other}", get(diff))
        .for_operators("/modules/{digest}/activate", post(activate))
        .for_operators("/modules/{digest}/dry-run", post(dry_run))
        .for_operators("/modules/{digest}/withdraw", post(withdraw).delete(restore))
        .for_operators("/module-types/{type}/rollback", post(roll_back))
        .for_operators("/module-audit", get(audit))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    r#type: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfType {
    r#type: Option<String>,
    #[serde(default = "OfType::usual")]
    limit: usize,
}

impl OfType {
    fn usual() -> usize {
        100
    }
}

/// Reads the component of a request. What is too large is read to its end all the same, and
/// forgotten: a client that is cut off while it still sends does not hear why.
async fn component(body: Stream, bytes_max: usize) -> Result<Bytes, Problem> {
    // Somebody who sends a gigabyte is cut off all the same.
    const HEARD_BYTES_MAX: usize = 1 << 30;
    let (mut wasm, mut heard) = (Vec::new(), 0_usize);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Problem::malformed(error.to_string()))?;
        heard += chunk.len();
        if heard <= bytes_max {
            wasm.extend_from_slice(&chunk);
        } else {
            // What was read so far is given back at once.
            wasm = Vec::new();
        }
        if heard > HEARD_BYTES_MAX {
            break;
        }
    }
    if heard <= bytes_max {
        return Ok(wasm.into());
    }
    let detail = format!("the module is too large; at most {bytes_max} bytes are taken");
    Err(Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        detail,
    ))
}

/// Streams line by line, as stages are done; the last line is the module or the problem.
async fn push(
    State(admin): State<Admin>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    body: Stream,
) -> Result<Response, Problem> {
    let signature = signature(&headers)?;
    let push = Push {
        actor_type: wanted.r#type,
        wasm: component(body, admin.modules.settings().bytes_max).await?,
        signature,
    };
    // Unbounded: a push has a handful of stages, and must not wait for a slow reader.
    let (lines, received) = mpsc::unbounded_channel();
    // On a task of its own: a module that was uploaded is dealt with, even if nobody
    // listens any more.
    tokio::spawn(async move {
        // A client that has gone is no reason to stop, so that nobody need receive the lines.
        let mut on_step = |step: pizza_modules::Step| {
            let _ = lines.send(json!({"stage": step.stage, "tookUs": step.took_us}));
        };
        let last = match admin.modules.push(push, &mut on_step).await {
            Ok(pushed) => pushed_json(&pushed),
            Err(refusal) => json!({"refused": refusal.to_string(), "stage": refusal.stage()}),
        };
        let _ = lines.send(last);
    });
    let lines = stream::unfold(received, async |mut received| {
        Some((received.recv().await?, received))
    });
    let lines = lines.map(|line| Ok::<_, Infallible>(format!("{line}\n")));
    let kind = (header::CONTENT_TYPE, "application/x-ndjson");
    Ok(([kind], Stream::from_stream(lines)).into_response())
}

async fn list(
    State(admin): State<Admin>,
    Query(wanted): Query<OfType>,
) -> Result<Json<Value>, Problem> {
    let shown = admin.modules.list(wanted.r#type.as_deref()).await?;
    let modules: Vec<Value> = shown.iter().take(wanted.limit).map(shown_json).collect();
    Ok(Json(json!({"modules": modules})))
}

async fn show(
    State(admin): State<Admin>,
    Path(digest): Path<String>,
) -> Result<Json<Value>, Problem> {
    let shown = admin.modules.find(&digest).await?;
    let plan = admin.modules.plan(&shown.info.actor_type).await?;
    let mut view = shown_json(&shown);
    view["plan"] = json!(plan);
    Ok(Json(view))
}

async fn remove(
    State(admin): State<Admin>,
    Path(digest): Path<String>,
) -> Result<StatusCode, Problem> {
    admin.modules.remove(&digest).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn diff(
    State(admin): State<Admin>,
    Path((old, new)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let changes = admin.modules.diff(&old, &new).await?;
    Ok(Json(json!({"changes": changes_json(&changes)})))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Activation {
    percent: Option<f64>,
    silo: Option<String>,
    force: bool,
    allow_withdrawn: bool,
    force_unreadable: bool,
}

async fn activate(
    State(admin): State<Admin>,
    Path(digest): Path<String>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let body = body?;
    // Without a body it is the plain case: everybody, and nothing forced.
    let wanted = if body.is_empty() {
        Activation::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                error.to_string(),
            )
        })?
    };
    let wanted = Activate {
        digest,
        how: wanted.percent.map_or(How::Everybody, How::Canary),
        silo: wanted.silo,
        force: wanted.force,
        allow_withdrawn: wanted.allow_withdrawn,
        force_unreadable: wanted.force_unreadable,
    };
    let plan = admin.modules.activate(&wanted).await?;
    Ok(plan_json(&plan))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    why: String,
}

async fn withdraw(
    State(admin): State<Admin>,
    Path(digest): Path<String>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let Why { why } = serde_json::from_slice(&body?).map_err(|error| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            error.to_string(),
        )
    })?;
    let digest = admin.modules.withdraw(&digest, &why).await?;
    Ok(Json(
        json!({"digest": digest.to_string(), "withdrawn": why}),
    ))
}

async fn restore(
    State(admin): State<Admin>,
    Path(digest): Path<String>,
) -> Result<StatusCode, Problem> {
    admin.modules.restore(&digest).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn roll_back(
    State(admin): State<Admin>,
    Path(actor_type): Path<String>,
) -> Result<Json<Value>, Problem> {
    // A type alone has no check; any key does for it.
    ActorId::new(actor_type.as_str(), "k")?;
    let plan = admin.modules.roll_back(&actor_type).await?;
    Ok(plan_json(&plan))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(default = "Part::usual")]
    limit: usize,
}

impl Part {
    fn usual() -> usize {
        usize::MAX
    }
}

async fn dry_run(
    State(admin): State<Admin>,
    Path(digest): Path<String>,
    Query(part): Query<Part>,
) -> Result<Json<Value>, Problem> {
    let seen = admin.modules.dry_run(&digest, part.limit.max(1)).await?;
    Ok(dry_run_json(&seen))
}

async fn audit(
    State(admin): State<Admin>,
    Query(wanted): Query<OfType>,
) -> Result<Json<Value>, Problem> {
    let lines = admin
        .modules
        .audit(wanted.r#type.as_deref(), wanted.limit)
        .await?;
    let lines: Vec<Value> = lines.iter().map(audit_json).collect();
    Ok(Json(json!({"audit": lines})))
}

fn pushed_json(pushed: &Pushed) -> Value {
    json!({
        "module": pushed.info,
        "changes": changes_json(&pushed.changes),
        "breaks": pushed.breaks,
    })
}

fn shown_json(shown: &Shown) -> Value {
    let mut view = json!(shown.info);
    view["at"] = json!(time(shown.info.at_ms));
    view["percent"] = json!(shown.percent);
    if let Some(metrics) = shown.metrics {
        view["turns"] = json!(metrics.turns);
        view["failed"] = json!(metrics.failed);
        view["p50Us"] = json!(metrics.p50_us);
        view["p99Us"] = json!(metrics.p99_us);
    }
    view
}

fn changes_json(changes: &[Change]) -> Value {
    let one = |change: &Change| {
        let is_warning = change.weight == Weight::Warning;
        json!({"place": change.subject, "what": change.what, "warning": is_warning})
    };
    changes.iter().map(one).collect()
}

fn plan_json(plan: &Plan) -> Json<Value> {
    Json(json!({"plan": plan}))
}

fn dry_run_json(seen: &DryRun) -> Json<Value> {
    let failing = seen.failing.iter().map(|failing| {
        json!({
            "actor": failing.actor.to_string(),
            "schema": failing.schema,
            "why": failing.why,
        })
    });
    let failing: Vec<Value> = failing.collect();
    Json(json!({
        "actors": seen.actors,
        "migrated": seen.migrated,
        "read": seen.read,
        "readBy": seen.read_by,
        "failed": seen.failed,
        "failing": failing,
    }))
}

fn audit_json(line: &Audit) -> Value {
    let mut view = json!(line);
    view["at"] = json!(time(line.at_ms));
    view
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match &refusal {
            Refusal::Unknown(_) | Refusal::NothingServes(_) | Refusal::NotWithdrawn(_) => {
                (StatusCode::NOT_FOUND, "not-found")
            }
            Refusal::Store(StoreError::Full { .. }) => {
                (StatusCode::INSUFFICIENT_STORAGE, "storage-full")
            }
            // It passes, unlike the others.
            Refusal::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
            Refusal::Ambiguous { .. } | Refusal::Percent(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid")
            }
            _ => (StatusCode::CONFLICT, "module-refused"),
        };
        Self::new(status, code, refusal.to_string())
    }
}
