//! What other cells ask of this one.

use std::sync::Arc;

use pizza_cluster::{CellRequest, Delivery, Response};
use pizza_store::StreamKey;
use pizza_types::{ActorId, CallError, CellName, Envelope};

use super::read;
use crate::core::{Core, store_error};
use crate::relay::announce;
use crate::slot::Until;
use crate::streams::watch;

pub(crate) async fn answer(core: &Arc<Core>, request: CellRequest) -> Response {
    match request {
        CellRequest::Deliver {
            envelope,
            wait_ms,
            delivery,
        } => deliver(core, envelope, wait_ms, delivery).await,
        CellRequest::Relay { from, events } => {
            let Some(parts) = core.cells.parts() else {
                return one_alone();
            };
            if let Err(error) = parts.store.relay_from(&from, &events).await {
                return Response::Refused(store_error(error));
            }
            let events = events.iter().flat_map(|entry| &entry.events);
            let keys = events.flat_map(|event| event.keys.iter().cloned());
            announce::keys(core, keys.collect()).await;
            Response::Done
        }
        CellRequest::Events { of, after, limit } => {
            match read::page_here(core, &of, after, limit).await {
                Ok(page) => Response::Events(page),
                Err(error) => Response::Refused(error),
            }
        }
        CellRequest::EventAfter { of, after, wait_ms } => {
            event_after(core, of, after, wait_ms).await
        }
        CellRequest::Actors {
            actor_type,
            after,
            limit,
        } => {
            let keys = core.store.actors(&actor_type, after.as_deref(), limit);
            match keys.await {
                Ok(keys) => Response::Keys(keys),
                Err(error) => Response::Refused(store_error(error)),
            }
        }
        CellRequest::Ping => Response::Done,
    }
}

async fn deliver(
    core: &Arc<Core>,
    mut envelope: Envelope,
    wait_ms: u64,
    delivery: Delivery,
) -> Response {
    if core.is_stopping() {
        return Response::Refused(CallError::ShuttingDown);
    }
    let Some(parts) = core.cells.parts() else {
        return one_alone();
    };
    // Sent on, it might go round for ever.
    if let Some(other) = core.cells.abroad(envelope.target.key()) {
        return elsewhere(&envelope.target, &parts.names.mine, other.name);
    }
    envelope.deadline_ms = core.clock.now_ms().saturating_add(wait_ms);
    match core.deliver_as(envelope, delivery, Until::Durable).await {
        Ok(reply) => Response::Reply(reply),
        Err(error) => Response::Refused(error),
    }
}

fn elsewhere(actor: &ActorId, mine: &CellName, other: &CellName) -> Response {
    Response::Failed(format!(
        "cell {mine} was asked for {actor}, which belongs to cell {other} as it knows it: the cells are not configured alike"
    ))
}

fn one_alone() -> Response {
    Response::Failed("this silo knows of no other cell".to_owned())
}

async fn event_after(core: &Arc<Core>, of: StreamKey, after: u64, wait_ms: u64) -> Response {
    let until_ms = core.clock.now_ms().saturating_add(wait_ms);
    tokio::select! {
        biased;
        outcome = watch::event_after(core, of, after) => match outcome {
            Ok(()) => Response::Done,
            Err(error) => Response::Refused(store_error(error)),
        },
        () = core.clock.sleep_until(until_ms) => Response::Done,
    }
}
