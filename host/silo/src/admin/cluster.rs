//! `/cluster`: what an operator may do to the cluster.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use pizza_store::{MemberState, MembershipStore};
use pizza_types::{CallError, SiloId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Body, Path};
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;

/// How fast actors may move, in actors a second. Each costs whoever asks next an opening.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Speed {
    per_second: u64,
}

pub(super) fn routes() -> Routes {
    Routes::default()
        .for_operators("/cluster", get(show))
        .for_operators("/cluster/accept-loss", post(accept_loss))
        .for_operators("/cluster/rebalance", post(rebalance))
        .for_operators("/cluster/silos/{silo}/cordon", post(cordon))
        .for_operators("/cluster/silos/{silo}/uncordon", post(uncordon))
        .for_operators("/cluster/silos/{silo}/drain", post(drain))
}

async fn show(State(admin): State<Admin>) -> Result<Json<Value>, Problem> {
    store(&admin)?;
    let loads = admin.silo.loads().await.into_iter().map(|(silo, load)| {
        json!({
            "silo": &*silo.0,
            "inMemory": load.map(|load| load.in_memory),
            "misplaced": load.map(|load| load.misplaced),
            "cpuPermille": load.and_then(|load| load.cpu_permille),
        })
    });
    Ok(Json(json!({ "silos": loads.collect::<Vec<_>>() })))
}

async fn accept_loss(State(admin): State<Admin>) -> Result<Json<Value>, Problem> {
    store(&admin)?.accept_loss().await.map_err(failed)?;
    tracing::warn!("what the store has was taken for all there is; what is missing is lost");
    Ok(Json(json!({"status": "accepted"})))
}

async fn rebalance(State(admin): State<Admin>, body: Body) -> Result<Json<Value>, Problem> {
    let speed = speed(&body?)?;
    store(&admin)?;
    let mut silent = Vec::new();
    for (silo, _) in admin.silo.loads().await {
        if !admin.silo.rebalance(&silo, speed.per_second).await {
            silent.push(silo.0);
        }
    }
    Ok(Json(json!({"status": "begun", "silent": silent})))
}

async fn cordon(
    State(admin): State<Admin>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    mark(&admin, &name, MemberState::Leaving).await
}

async fn uncordon(
    State(admin): State<Admin>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    mark(&admin, &name, MemberState::Live).await
}

async fn drain(
    State(admin): State<Admin>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let speed = speed(&body?)?;
    let marked = mark(&admin, &name, MemberState::Leaving).await?;
    let silo = named(&admin, &name)?;
    if !admin.silo.rebalance(&silo, speed.per_second).await {
        let detail = format!("silo {silo} is given no more actors, but does not answer");
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unreachable",
            detail,
        ));
    }
    Ok(marked)
}

async fn mark(admin: &Admin, name: &str, state: MemberState) -> Result<Json<Value>, Problem> {
    let store = store(admin)?;
    let silo = named(admin, name)?;
    admin.silo.mark(store, &silo, state).await.map_err(failed)?;
    tracing::info!(%silo, ?state, "an operator has marked a silo");
    Ok(Json(json!({"silo": &*silo.0})))
}

/// The silo of this id, or the one of this name, if there is one alone.
fn named(admin: &Admin, name: &str) -> Result<SiloId, Problem> {
    let members = admin.silo.cluster().map(|cluster| cluster.members);
    let members = members.unwrap_or_default();
    let is_named = |silo: &SiloId| {
        let of_name = silo.0.rsplit_once('.').map(|(of_name, _)| of_name);
        &*silo.0 == name || of_name == Some(name)
    };
    let mut found = members.iter().filter(|member| is_named(&member.silo));
    match (found.next(), found.next()) {
        (Some(member), None) => Ok(member.silo.clone()),
        (Some(_), Some(_)) => Err(Problem::malformed(format!(
            "several silos have the name {name:?}; name one by its id"
        ))),
        (None, _) => {
            let ids: Vec<_> = members.iter().map(|member| &*member.silo.0).collect();
            let detail = format!("there is no silo {name:?}; there are {}", ids.join(", "));
            Err(Problem::not_found(detail))
        }
    }
}

fn speed(body: &[u8]) -> Result<Speed, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::malformed(error.to_string()))
}

fn store(admin: &Admin) -> Result<&dyn MembershipStore, Problem> {
    let store = admin.cluster.as_deref();
    store.ok_or_else(|| Problem::not_found("this silo is alone on its store"))
}

fn failed(error: impl ToString) -> Problem {
    let detail = error.to_string();
    Problem::from(CallError::Store { detail })
}
