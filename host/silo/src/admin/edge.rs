//! What an edge in another process asks: the same as one in this process.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use pizza_client::Transport;
use pizza_client::lease::LeaseClaim;
use pizza_client::wire::{self, Answer, Answered, CallMessage, Question};
use pizza_types::{ActorId, Body as Content, CallError, Chain, Envelope, InvalidId};

use super::extract::Body;
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;

/// The longest wait for an event, in milliseconds; an edge that waits longer asks again.
const EVENT_WAIT_MS_MAX: u64 = 30_000;
/// The most events or keys in one answer.
const PAGE_MAX: usize = 1_000;

pub(super) fn routes() -> Routes {
    Routes::default().for_edges(wire::PATH, post(edge))
}

async fn edge(State(admin): State<Admin>, body: Body) -> Result<Response, Problem> {
    let question = wire::decode(&body?).map_err(Problem::malformed)?;
    let transport = admin.client.transport();
    let answered = answer(&admin, transport.as_ref(), question).await;
    let unsaid = |why| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", why);
    let body = wire::encode(&answered).map_err(unsaid)?;
    // After the work: the edge takes it for the time at which the answer left.
    let now_ms = transport.now_ms().to_string();
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/msgpack"),
        (wire::NOW_MS, &now_ms),
    ];
    Ok((headers, body).into_response())
}

/// Whoever has the token of edges may ask any of these: what is more than an edge needs has no place here.
async fn answer(admin: &Admin, transport: &dyn Transport, question: Question) -> Answered {
    match question {
        Question::Deliver(message) => {
            let envelope = envelope(transport, message)?;
            transport.deliver(envelope).await.map(Answer::Reply)
        }
        Question::Events {
            stream,
            key,
            after,
            limit,
        } => {
            let page = transport.events(&stream, &key, after, bounded(limit));
            page.await.map(Answer::Events)
        }
        Question::EventAfter {
            stream,
            key,
            after,
            wait_ms,
        } => {
            at_most(admin, wait_ms, transport.event_after(&stream, &key, after)).await;
            Ok(Answer::Done)
        }
        Question::Actors {
            actor_type,
            after,
            limit,
        } => {
            let keys = transport.actors(&actor_type, after.as_deref(), bounded(limit));
            keys.await.map(Answer::Actors)
        }
        Question::ActorsEverywhere {
            actor_type,
            after,
            limit,
        } => everywhere(transport, &actor_type, after.as_deref(), limit).await,
        Question::KeyPrefix => Ok(Answer::KeyPrefix(transport.key_prefix())),
        Question::Cursor { name } => transport.cursor(&name).await.map(Answer::Position),
        Question::MoveCursor {
            name,
            position,
            under,
        } => move_cursor(transport, &name, position, under).await,
        Question::Lease { name } => transport.lease(&name).await.map(Answer::Lease),
        Question::ChangeLease {
            name,
            before,
            after,
        } => {
            let changed = transport.change_lease(&name, before, after).await;
            changed.map(Answer::Changed)
        }
        Question::Notes {
            prefix,
            after,
            limit,
        } => notes(transport, &prefix, after.as_deref(), limit).await,
        Question::SetNote { name, value, under } => {
            let set = transport.set_note(&name, value, &under).await;
            set.map(Answer::Changed)
        }
        Question::Silos => Ok(Answer::Silos(silos(admin))),
        Question::ShareUse(report) => Ok(Answer::OthersUse(
            admin.uses.exchange(report, Instant::now()),
        )),
        Question::EdgeKeys => transport.edge_keys().await.map(Answer::EdgeKeys),
        Question::Readiness => Ok(Answer::Readiness(transport.readiness().await)),
    }
}

/// Waits for an event, no longer than an edge asks for, nor than the silo lives.
async fn at_most(admin: &Admin, wait_ms: u64, event: impl Future<Output = ()>) {
    let wait = Duration::from_millis(wait_ms.min(EVENT_WAIT_MS_MAX));
    let mut closing = admin.closing.clone();
    // The edge asks again in any case, and its question must not hold up the end.
    tokio::select! {
        _ = tokio::time::timeout(wait, event) => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

/// To move it for one that may not be alone would be to lose or to repeat.
async fn move_cursor(
    transport: &dyn Transport,
    name: &str,
    position: u64,
    under: Option<LeaseClaim>,
) -> Answered {
    let Some(under) = under else {
        let message = "a reader of this version needs a lease: renew the bridge";
        return Err(CallError::bad_argument("/under", message));
    };
    let moved = transport.move_cursor(name, position, &under).await;
    moved.map(Answer::Changed)
}

async fn everywhere(
    transport: &dyn Transport,
    actor_type: &str,
    after: Option<&str>,
    limit: usize,
) -> Answered {
    let listed = transport.actors_everywhere(actor_type, after, bounded(limit));
    listed.await.map(Answer::Everywhere)
}

async fn notes(
    transport: &dyn Transport,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Answered {
    let notes = transport.notes(prefix, after, bounded(limit)).await;
    notes.map(Answer::Notes)
}

fn bounded(limit: usize) -> usize {
    limit.clamp(1, PAGE_MAX)
}

/// Where edges find the silos that are not about to go.
fn silos(admin: &Admin) -> Vec<String> {
    let cluster = admin.silo.cluster();
    let members = cluster.into_iter().flat_map(|cluster| cluster.members);
    let stay = members.filter(|member| !member.is_leaving);
    let edges = stay.filter_map(|member| member.edges);
    edges.map(|edges| edges.to_string()).collect()
}

/// The envelope of an edge's message. It comes from outside, whatever its sender says.
fn envelope(transport: &dyn Transport, message: CallMessage) -> Result<Envelope, InvalidId> {
    Ok(Envelope {
        target: ActorId::new(message.actor_type, message.key)?,
        body: Content::Call {
            method: message.method,
            arguments: message.arguments,
        },
        id: message.id,
        // A wait, not a time: the clocks of two processes cannot be compared.
        deadline_ms: transport.deadline_ms(Duration::from_millis(message.wait_ms)),
        chain: Chain::default(),
        caller: None,
        trace: message.trace,
    })
}
