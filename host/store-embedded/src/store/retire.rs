//! Actors on their way out.

use async_trait::async_trait;
use pizza_store::{EndedActor, EndedAfter, RetireStore, Retirement, StoreError};
use pizza_types::{ActorId, ShardSet};

use super::{EmbeddedStore, scan, written};
use crate::reserve::Need;
use crate::table::Table;
use crate::{key, read};

#[async_trait]
impl RetireStore for EmbeddedStore {
    async fn ended(
        &self,
        _shards: &ShardSet,
        actor_type: &str,
        after: &EndedAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<EndedActor>, StoreError> {
        // No actor has this type; under it lie those that are retired.
        if actor_type == key::RETIRED {
            return Ok(Vec::new());
        }
        let (view, actor_type, after) = (self.view()?, actor_type.to_owned(), after.clone());
        scan(move || read::ended(&view, &actor_type, &after, until_ms, limit)).await
    }

    async fn retire(&self, retirements: Vec<Retirement>) -> Result<Vec<bool>, StoreError> {
        self.admit(Need::Less)?;
        let first_ms = retirements.iter().map(|of| of.now_ms).min();
        // From here on no sweep over tombstones goes by one of these.
        let mut sweep = self.sweep.lock().await;
        if first_ms.is_some_and(|first_ms| first_ms <= sweep.forgotten.ended_ms) {
            sweep.forgotten = EndedAfter::default();
        }
        written(self.committer.retire(retirements)?).await
    }

    async fn retired(&self, actor: &ActorId) -> Result<Option<u64>, StoreError> {
        self.view()?.get(Table::Retired, &key::actor(actor))
    }

    async fn forget_retired(
        &self,
        _shards: &ShardSet,
        until_ms: u64,
        limit: usize,
    ) -> Result<usize, StoreError> {
        // One at a time: of two, the slower could take the tombstone of a second life.
        let mut sweep = self.sweep.lock().await;
        let (view, start) = (self.view()?, sweep.forgotten.clone());
        let oldest = scan(move || read::ended(&view, key::RETIRED, &start, until_ms, limit));
        let (mut rows, mut gone) = (Vec::new(), 0);
        let mut last = None;
        for tombstone in oldest.await? {
            last = Some(tombstone.place());
            let actor = key::actor(&tombstone.actor);
            let by_time = key::ended(key::RETIRED, tombstone.ended_ms, &actor);
            rows.push((Table::Ended, by_time.into(), None));
            rows.push((Table::Retired, actor.into(), None));
            gone += 1;
        }
        if let Some(last) = last {
            self.write("forget retired actors", rows, false).await?;
            sweep.forgotten = last;
        }
        Ok(gone)
    }
}

#[cfg(test)]
mod tests;
