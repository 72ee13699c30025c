//! Actors that ended long ago leave the store: archived first, then retired, a page at a time and
//! in the order in which they ended. The walk over a type goes on where it was.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use pizza_clock::Moment;
use pizza_store::{
    DelayedKey, EndedActor, EndedAfter, ReminderWrite, Retirement, StoreError, StoredActor,
};
use pizza_types::{ActorId, ShardSet};

use crate::copied;
use crate::core::Core;

/// The number of actors that are retired at a time: the commits behind them wait that long.
const PAGE: usize = 128;
/// The bytes of states and entries after which a page is cut.
const BYTES_MAX: usize = 4 << 20;
/// The number of tombstones that are forgotten at a time.
const FORGET: usize = 1_000;
/// An actor's end may become known so much later than it was: a turn that takes long began then.
const LATE_MS: u64 = 3_600_000;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the archive takes nothing: {0}")]
    Archive(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Retires what has come to its time, again and again, until the silo stops.
pub(crate) async fn run(core: Arc<Core>) {
    let mut walks: HashMap<Arc<str>, Walk> = HashMap::new();
    loop {
        core.pause(core.settings.sweep_ms).await;
        for (actor_type, after_ms) in core.catalog.retiring() {
            let walk = walks.entry(Arc::clone(&actor_type)).or_default();
            let now_ms = core.durable.at(core.clock.now_ms());
            let until_ms = now_ms.saturating_sub(after_ms);
            match walk.go(&core, &actor_type, until_ms).await {
                Ok(0) => {}
                Ok(retired) => tracing::debug!(%actor_type, retired, "ended actors left the store"),
                Err(error) => {
                    tracing::error!(%actor_type, %error, "ended actors stay in the store for now")
                }
            }
        }
        if let Err(error) = forget(&core).await {
            tracing::error!(%error, "old tombstones cannot be removed");
        }
    }
}

async fn forget(core: &Core) -> Result<(), StoreError> {
    let now_ms = core.durable.at(core.clock.now_ms());
    let until_ms = now_ms.saturating_sub(core.settings.retired_keep_ms);
    let shards = core.membership.guarded();
    while core.store.forget_retired(&shards, until_ms, FORGET).await? == FORGET {}
    Ok(())
}

/// How far the walk over the ended actors of a type is.
#[derive(Default)]
struct Walk {
    place: EndedAfter,
    /// The first that was passed over because it was at work: the next walk begins there.
    passed: Option<u64>,
}

impl Walk {
    /// Retires those that ended at `until_ms` or before; returns how many.
    async fn go(
        &mut self,
        core: &Arc<Core>,
        actor_type: &str,
        until_ms: u64,
    ) -> Result<usize, Error> {
        let begin_ms = self.passed.take().unwrap_or(self.place.ended_ms);
        self.place = EndedAfter {
            ended_ms: begin_ms.saturating_sub(LATE_MS),
            last: None,
        };
        let mut retired = 0;
        while !core.is_stopping() {
            let page = core
                .store
                .ended(
                    &core.membership.guarded(),
                    actor_type,
                    &self.place,
                    until_ms,
                    PAGE,
                )
                .await?;
            let is_last = page.len() < PAGE;
            // Only what went well moves the place: a page that failed is done again.
            let place = page.last().map(EndedActor::place);
            retired += self.retire(core, page).await?;
            self.place = place.unwrap_or_else(|| self.place.clone());
            if is_last {
                break;
            }
        }
        Ok(retired)
    }

    async fn retire(&mut self, core: &Arc<Core>, page: Vec<EndedActor>) -> Result<usize, Error> {
        let (mut batch, mut bytes, mut retired) = (Vec::new(), 0, 0);
        for EndedActor { actor, ended_ms } in page {
            if !core.membership.guards(actor.shard()) {
                continue;
            }
            // What it is about to do may take its end back.
            if core.slots.is_at_work(&actor) == Some(true) {
                self.passed.get_or_insert(ended_ms);
                continue;
            }
            let copy = core.store.copy(&actor).await?;
            let is_it = |stored: &StoredActor| stored.record.ended_ms == Some(ended_ms);
            // It may have come to life again since the page was read.
            let Some(stored) = copy.filter(is_it) else {
                continue;
            };
            bytes += copied::size(&stored);
            batch.push((actor, stored));
            if bytes >= BYTES_MAX {
                retired += archive_and_retire(core, std::mem::take(&mut batch)).await?;
                bytes = 0;
            }
        }
        retired += archive_and_retire(core, batch).await?;
        Ok(retired)
    }
}

async fn archive_and_retire(
    core: &Arc<Core>,
    batch: Vec<(ActorId, StoredActor)>,
) -> Result<usize, Error> {
    if batch.is_empty() {
        return Ok(0);
    }
    let at = Moment::of(&*core.clock);
    let mut dated = batch.clone();
    for (_, stored) in &mut dated {
        copied::date(core, stored);
    }
    // Durable before anything goes. A crash in between archives them a second time.
    core.archive.keep(at.wall_ms, dated).await?;
    let now_ms = core.durable.at(at.now_ms);
    let mut planned = Vec::with_capacity(batch.len());
    for (actor, _) in &batch {
        planned.push(delayed(core, actor).await?);
    }
    let retirements = batch.iter().map(|(actor, stored)| Retirement {
        actor: actor.clone(),
        version: stored.record.version,
        now_ms,
    });
    let outcome = core.store.retire(retirements.collect()).await?;
    let mut retired = 0;
    for (((actor, stored), delayed), is_retired) in batch.into_iter().zip(planned).zip(outcome) {
        if is_retired {
            retired += 1;
            forget_in_memory(core, &actor, &stored, delayed, at);
        }
    }
    Ok(retired)
}

/// The messages that the actor has sent and that are to leave later.
async fn delayed(core: &Core, actor: &ActorId) -> Result<Vec<DelayedKey>, StoreError> {
    let mut after = pizza_store::apply::delayed_key(actor, 0, 0);
    let of = ShardSet::one(actor.shard());
    let mut keys = Vec::new();
    loop {
        let rows = core.store.delayed(&of, Some(&after), PAGE).await?;
        let is_last = rows.len() < PAGE;
        for row in rows {
            if row.key.actor != *actor {
                return Ok(keys);
            }
            after = row.key.clone();
            keys.push(row.key);
        }
        if is_last {
            return Ok(keys);
        }
    }
}

/// What the store has not any more, memory must not have either.
fn forget_in_memory(
    core: &Arc<Core>,
    actor: &ActorId,
    stored: &StoredActor,
    delayed: Vec<DelayedKey>,
    at: Moment,
) {
    for name in stored.reminders.keys() {
        let (name, reminder) = (Arc::clone(name), None);
        let gone = ReminderWrite { name, reminder };
        core.reminders.apply(core.durable, actor, gone, at);
    }
    core.outbox.drop_delayed(delayed);
    core.timers.forget(actor);
    // Usually it left memory long ago. One that is at work finds out by its next commit.
    let _ = core.slots.evict(actor, u64::MAX);
}
