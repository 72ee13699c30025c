//! Tells other silos, and hears of them.

use std::sync::Arc;

use pizza_cluster::Request;
use pizza_types::{ShardId, SiloId};

use super::Waiting;
use crate::core::Core;

/// A commit has left something in the log of a shard, or something that is due later.
pub(crate) fn tell(core: &Arc<Core>, shard: ShardId, due: bool) {
    let known = core.membership.known();
    let Some(home) = known.homes.home(shard) else {
        return;
    };
    // The view has changed between the question and this.
    if home == core.membership.me() {
        return look(core, &[shard], due);
    }
    let mut silos = core.notices.waiting.lock();
    let is_told = silos.contains_key(home);
    let waiting = silos.entry(home.clone()).or_default();
    waiting.due |= due;
    if !due {
        waiting.log.insert(shard);
    }
    if !is_told {
        tokio::spawn(tell_all(Arc::clone(core), home.clone()));
    }
}

/// Another silo tells that commits have left something in these shards.
pub(crate) fn look(core: &Arc<Core>, log: &[ShardId], due: bool) {
    for shard in log.iter().filter(|shard| core.membership.guards(**shard)) {
        if core.guarded.look(*shard) {
            core.start_guard(*shard);
        }
    }
    if due {
        core.notices.due.notify_one();
    }
}

/// Tells a silo what there is, until there is nothing. What comes meanwhile goes together.
async fn tell_all(core: Arc<Core>, silo: SiloId) {
    loop {
        let Waiting { log, due } = {
            let mut silos = core.notices.waiting.lock();
            let waiting = silos.get_mut(&silo).map(std::mem::take).unwrap_or_default();
            if waiting.log.is_empty() && !waiting.due {
                silos.remove(&silo);
                return;
            }
            waiting
        };
        let log = log.into_iter().collect();
        if let Err(error) = core.network.ask(&silo, Request::Look { log, due }).await {
            tracing::debug!(%error, "a notice did not arrive");
        }
    }
}
