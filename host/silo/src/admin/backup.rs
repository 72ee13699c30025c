//! `/backup`: everything that the store has, as one file.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream;
use pizza_store::StoreError;
use pizza_types::CallError;
use tokio::sync::mpsc;

use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;

/// How many pieces may wait for a client that reads slowly; each has about a megabyte.
const AHEAD: usize = 2;

pub(super) fn routes() -> Routes {
    Routes::default().for_operators("/backup", get(backup))
}

async fn backup(State(admin): State<Admin>) -> Result<Response, Problem> {
    // Each keeps from being forgotten whatever was there when it began.
    let permit = Arc::clone(&admin.backups).try_acquire_owned();
    let permit = permit.map_err(|_| {
        let detail = "another backup is under way; begin this one when it has ended";
        Problem::new(StatusCode::CONFLICT, "backup-under-way", detail)
    })?;
    let pieces = admin.store.backup(admin.silo.wall_ms()).map_err(refused)?;
    let (to, from) = mpsc::channel(AHEAD);
    // On a thread of its own: each piece is read from the disk.
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        for piece in pieces {
            let is_last = piece.is_err();
            // An error breaks the answer off, so that nobody takes what has come for the whole.
            let piece = piece.map(Bytes::from).map_err(io::Error::other);
            if let Err(error) = &piece {
                tracing::error!(%error, "a backup broke off");
            }
            if to.blocking_send(piece).is_err() || is_last {
                return;
            }
        }
        tracing::info!("a backup was taken");
    });
    let pieces = stream::unfold(from, async |mut from| Some((from.recv().await?, from)));
    let content_type = [(CONTENT_TYPE, "application/octet-stream")];
    Ok((content_type, Body::from_stream(pieces)).into_response())
}

fn refused(error: StoreError) -> Problem {
    match error {
        StoreError::Unsupported { detail } => {
            Problem::new(StatusCode::NOT_IMPLEMENTED, "backup-elsewhere", detail)
        }
        error => CallError::Store {
            detail: error.to_string(),
        }
        .into(),
    }
}
