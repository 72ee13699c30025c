//! Load on a server that is killed under it, and what it had acknowledged until then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::server::Server;
use crate::lean_connection::{LeanConnection, Template};

/// Creates actors by so many connections for a while, and kills the server in the middle of it.
/// Returns the numbers of those whose creation it has acknowledged.
///
/// # Errors
/// When it ends before, or acknowledges nothing: then it was not killed under load.
pub(super) async fn under_load(
    server: Server,
    connections: u16,
    request: &Template,
    after: Duration,
) -> anyhow::Result<Vec<u64>> {
    let next = Arc::<AtomicU64>::default();
    let mut workers = JoinSet::new();
    for _ in 0..connections {
        let connection = server.target.connect_lean().await?;
        workers.spawn(create(connection, request.clone(), Arc::clone(&next)));
    }
    sleep(after).await;
    // Each of them goes on until its connection breaks.
    let at_work = workers.len();
    server.kill().await?;
    let mut acknowledged = Vec::new();
    while let Some(of_one) = workers.join_next().await {
        acknowledged.extend(of_one.context("a worker")?);
    }
    ensure!(
        at_work == usize::from(connections) && !acknowledged.is_empty(),
        "it was not killed under load: {at_work} of {connections} connections at work, {} actors \
         created before",
        acknowledged.len()
    );
    Ok(acknowledged)
}

/// Until the connection breaks.
async fn create(
    mut connection: LeanConnection,
    request: Template,
    next: Arc<AtomicU64>,
) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Ok(answer) = connection.ask_about(&request, number, number).await else {
            return acknowledged;
        };
        if matches!(answer.status, 200 | 204) {
            acknowledged.push(number);
        }
    }
}
