//! `/modules`: push, look at, activate, take back.

use std::convert::Infallible;
use std::time::Duration;

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
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::time::timeout;

use super::actors::check_type;
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
        .for_operators("/module-types/{type}/states", get(states))
        .for_operators("/module-audit", get(audit))
        .for_operators("/module-plans", get(plans))
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
    /// Of the audit log: the number of the line behind which it begins.
    after: Option<String>,
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
    let detail = format!(
        "the module is too large; at most {bytes_max} bytes are taken (size_mib in [silo.modules] raises it)"
    );
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
    /// The version of the plan that is to be changed.
    version: Option<u64>,
}

async fn activate(
    State(admin): State<Admin>,
    Path(digest): Path<String>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    // Without a body it is the plain case: everybody, and nothing forced.
    let wanted: Activation = parsed(&body?)?;
    let wanted = Activate {
        digest,
        how: wanted.percent.map_or(How::Everybody, How::Canary),
        silo: wanted.silo,
        force: wanted.force,
        allow_withdrawn: wanted.allow_withdrawn,
        force_unreadable: wanted.force_unreadable,
        version: wanted.version,
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

/// What a body says that may be left out.
fn parsed<T: serde::de::DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(body).map_err(|error| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::new(status, "invalid", error.to_string())
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Seen {
    /// The version of the plan that is to be changed.
    version: Option<u64>,
}

async fn roll_back(
    State(admin): State<Admin>,
    Path(actor_type): Path<String>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let seen: Seen = parsed(&body?)?;
    // A type alone has no check; any key does for it.
    ActorId::new(actor_type.as_str(), "k")?;
    let plan = admin.modules.roll_back(&actor_type, seen.version).await?;
    Ok(plan_json(&plan))
}

/// The most states that are read to count their layouts.
const LAYOUTS_OF_MAX: usize = 20_000;
/// How long somebody waits until nobody else reads as much.
const LONG_READ_WAIT: Duration = Duration::from_secs(2);

/// A permit to read thousands of rows.
///
/// # Errors
/// When others do so all the time.
async fn long_read(reads: &Semaphore, within: Duration) -> Result<SemaphorePermit<'_>, Problem> {
    // Nobody closes it, so that there is no other way to get none.
    if let Ok(Ok(permit)) = timeout(within, reads.acquire()).await {
        return Ok(permit);
    }
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        "others are reading as much at the moment",
    ))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    /// Whether states are read for their layouts, too.
    #[serde(default = "Counted::usual")]
    layouts: bool,
}

impl Counted {
    fn usual() -> bool {
        true
    }
}

async fn states(
    State(admin): State<Admin>,
    Path(actor_type): Path<String>,
    Query(wanted): Query<Counted>,
) -> Result<Json<Value>, Problem> {
    check_type(&admin, &actor_type)?;
    let mut view = json!({"inMemory": admin.silo.in_memory_of(&actor_type)});
    if wanted.layouts {
        let _permit = long_read(&admin.long_reads, LONG_READ_WAIT).await?;
        let found = admin.modules.layouts(&actor_type, LAYOUTS_OF_MAX).await?;
        let layouts = found.actors.iter();
        let layouts = layouts.map(|(schema, actors)| json!({"schema": schema, "actors": actors}));
        view["actors"] = json!(found.actors.values().sum::<usize>());
        view["layouts"] = layouts.collect();
        view["more"] = json!(found.more);
    }
    Ok(Json(view))
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

async fn plans(State(admin): State<Admin>) -> Result<Json<Value>, Problem> {
    let plans = admin.modules.plans().await?;
    let plans = plans.iter().map(|(actor_type, plan)| {
        let mut view = json!(plan);
        view["actorType"] = json!(actor_type);
        view["since"] = json!(time(plan.since_ms));
        view
    });
    Ok(Json(json!({"plans": plans.collect::<Vec<_>>()})))
}

async fn audit(
    State(admin): State<Admin>,
    Query(wanted): Query<OfType>,
) -> Result<Json<Value>, Problem> {
    let (of, after) = (wanted.r#type.as_deref(), wanted.after.as_deref());
    // From its beginning the log is read as a whole, however few lines are asked for.
    let _permit = match after {
        Some(_) => None,
        None => Some(long_read(&admin.long_reads, LONG_READ_WAIT).await?),
    };
    let lines = admin.modules.audit(of, after, wanted.limit).await?;
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
    if let Some(withdrawn) = &shown.withdrawn {
        let (at, by, why) = (time(withdrawn.at_ms), &withdrawn.by, &withdrawn.why);
        view["withdrawn"] = json!({"at": at, "by": by, "why": why});
    }
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

fn audit_json((number, line): &(String, Audit)) -> Value {
    let mut view = json!(line);
    view["id"] = json!(number);
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
            Refusal::Seen { .. } => (StatusCode::PRECONDITION_FAILED, "stale"),
            Refusal::Ambiguous { .. } | Refusal::Percent(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid")
            }
            _ => (StatusCode::CONFLICT, "module-refused"),
        };
        Self::new(status, code, refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_reads_thousands_of_rows_and_others_wait_for_a_while() {
        let reads = Semaphore::new(1);
        let first = long_read(&reads, Duration::ZERO).await;
        let first = first.expect("nobody reads");
        assert!(long_read(&reads, Duration::from_millis(5)).await.is_err());
        drop(first);
        assert!(long_read(&reads, Duration::ZERO).await.is_ok());
    }
}
