//! Reading what another cell has.

use std::sync::Arc;

use futures_util::future::join_all;
use pizza_cluster::{CellRequest, Response, StreamPage};
use pizza_store::StreamKey;
use pizza_types::{CallError, CellName};

use super::Other;
use crate::core::{Core, store_error};
use crate::streams::watch;

/// How long another cell's answer is waited for that waits for nothing there, in milliseconds.
const ANSWER_MS: u64 = 5_000;
/// How long one question waits for an event, in milliseconds.
const EVENT_MS: u64 = 5_000;
/// How long a cell that does not answer is left alone, in milliseconds.
const TRY_AGAIN_MS: u64 = 500;

/// A piece of a stream of this cell.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn page_here(
    core: &Core,
    of: &StreamKey,
    after: u64,
    limit: usize,
) -> Result<StreamPage, CallError> {
    let StreamKey { stream, key } = of;
    let store = &core.store;
    let oldest = store.events(stream, key, 0, 1).await;
    let newest = store.stream_head(stream, key).await.map_err(store_error)?;
    let events = store.events(stream, key, after, limit).await;
    let oldest = oldest.map_err(store_error)?;
    Ok(StreamPage {
        events: events.map_err(store_error)?,
        oldest: oldest.first().map_or(0, |event| event.position),
        newest,
    })
}

/// A piece of a stream, wherever it is.
///
/// # Errors
/// When the store cannot be read, or its cell is away.
pub(crate) async fn page(
    core: &Core,
    of: StreamKey,
    after: u64,
    limit: usize,
) -> Result<StreamPage, CallError> {
    let Some(cell) = core.cells.abroad(&of.key) else {
        return page_here(core, &of, after, limit).await;
    };
    match ask(core, cell, CellRequest::Events { of, after, limit }).await? {
        Response::Events(page) => Ok(page),
        other => Err(unexpected(cell.name, other)),
    }
}

/// Returns once there may be an event above `after`, wherever the stream is; early where its cell
/// cannot tell.
pub(crate) async fn event_after(core: &Arc<Core>, of: StreamKey, after: u64) {
    let Some(cell) = core.cells.abroad(&of.key) else {
        if let Err(error) = watch::event_after(core, of, after).await {
            tracing::error!(%error, "a stream cannot be watched");
            // Callers ask in a loop: without a pause, a store that fails would be asked without
            // end.
            core.pause(1_000).await;
        }
        return;
    };
    let request = CellRequest::EventAfter {
        of,
        after,
        wait_ms: EVENT_MS,
    };
    if ask(core, cell, request).await.is_err() {
        core.pause(TRY_AGAIN_MS).await;
    }
}

/// Keys of a type's actors in all cells, in the order of keys, and the cells that did not tell.
///
/// # Errors
/// When the store here cannot be read.
pub(crate) async fn actors(
    core: &Core,
    actor_type: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Arc<str>>, Vec<CellName>), CallError> {
    let here = core.store.actors(actor_type, after, limit).await;
    let mut keys = here.map_err(store_error)?;
    let mut missing = Vec::new();
    let others: Vec<_> = core.cells.others().collect();
    let asked = others.iter().map(|cell| {
        let (actor_type, after) = (actor_type.into(), after.map(Into::into));
        let request = CellRequest::Actors {
            actor_type,
            after,
            limit,
        };
        ask(core, *cell, request)
    });
    for (cell, answer) in others.iter().zip(join_all(asked).await) {
        match answer {
            Ok(Response::Keys(theirs)) => keys.extend(theirs),
            Ok(_) | Err(_) => missing.push(cell.name.clone()),
        }
    }
    // Each gave its first ones: together they have the first of all.
    keys.sort_unstable();
    keys.dedup();
    keys.truncate(limit);
    Ok((keys, missing))
}

async fn ask(core: &Core, cell: Other<'_>, request: CellRequest) -> Result<Response, CallError> {
    let name = cell.name;
    if cell.is_away() {
        let detail = format!("cell {name} is away");
        return Err(CallError::Unreachable { detail });
    }
    let answer = tokio::select! {
        biased;
        answer = cell.parts.network.ask(name, request) => answer,
        () = core.pause(EVENT_MS + ANSWER_MS) => {
            let detail = format!("cell {name} has not answered in time");
            return Err(CallError::Unreachable { detail });
        }
    };
    match answer {
        Ok(Response::Refused(error)) => Err(error),
        Ok(Response::Failed(detail)) => Err(CallError::Unreachable { detail }),
        Ok(response) => Ok(response),
        Err(error) => {
            let detail = error.to_string();
            Err(CallError::Unreachable { detail })
        }
    }
}

fn unexpected(cell: &CellName, response: Response) -> CallError {
    let detail = format!("cell {cell} answers something else: {response:?}");
    CallError::Unreachable { detail }
}
