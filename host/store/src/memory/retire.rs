//! Actors on their way out.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_types::{ActorId, ShardSet};

use super::MemoryStore;
use super::tables::Tables;
use crate::commit::ReminderWrite;
use crate::error::StoreError;
use crate::retire::{EndedActor, EndedAfter, RetireStore, Retirement};

#[async_trait]
impl RetireStore for MemoryStore {
    async fn ended(
        &self,
        shards: &ShardSet,
        actor_type: &str,
        after: &EndedAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<EndedActor>, StoreError> {
        let tables = self.tables.lock();
        let actor_type: Arc<str> = actor_type.into();
        let ended = tables.ended.iter();
        let of_type = ended.filter(|(of, at_ms, _)| *of == actor_type && *at_ms <= until_ms);
        let of_type = of_type.filter(|(_, _, actor)| shards.contains(actor.shard()));
        let later = of_type.filter(|(_, at_ms, actor)| match &after.last {
            Some(last) => (*at_ms, actor) > (after.ended_ms, last),
            None => *at_ms >= after.ended_ms,
        });
        let found = later.take(limit).map(|(_, at_ms, actor)| EndedActor {
            actor: actor.clone(),
            ended_ms: *at_ms,
        });
        Ok(found.collect())
    }

    async fn retire(&self, retirements: Vec<Retirement>) -> Result<Vec<bool>, StoreError> {
        let mut tables = self.tables.lock();
        let retired = retirements.into_iter().map(|of| tables.retire(of));
        Ok(retired.collect())
    }

    async fn retired(&self, actor: &ActorId) -> Result<Option<u64>, StoreError> {
        Ok(self.tables.lock().retired.get(actor).copied())
    }

    async fn forget_retired(
        &self,
        shards: &ShardSet,
        until_ms: u64,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let mut tables = self.tables.lock();
        let oldest = tables.retired_by_time.iter();
        let oldest = oldest.take_while(|(at_ms, _)| *at_ms <= until_ms);
        let oldest = oldest.filter(|(_, actor)| shards.contains(actor.shard()));
        let gone: Vec<_> = oldest.take(limit).cloned().collect();
        for row in &gone {
            tables.retired.remove(&row.1);
            tables.retired_by_time.remove(row);
        }
        Ok(gone.len())
    }
}

impl Tables {
    pub(super) fn epoch_floor(&self, actor: &ActorId) -> u64 {
        let floor = self.epoch_floors.get(&actor.shard());
        floor.copied().unwrap_or(0)
    }

    /// A commit has moved the actor's end from `before` to `after`.
    pub(super) fn note_end(&mut self, actor: &ActorId, before: Option<u64>, after: Option<u64>) {
        let row = |at_ms| (Arc::clone(actor.actor_type()), at_ms, actor.clone());
        if let Some(before) = before {
            self.ended.remove(&row(before));
        }
        self.ended.extend(after.map(row));
    }

    fn retire(&mut self, of: Retirement) -> bool {
        let Retirement {
            actor,
            version,
            now_ms,
        } = of;
        let row = self.actors.get(&actor);
        let Some(head) = row.map(|row| row.head.clone()) else {
            return false;
        };
        if !head.may_retire(version) {
            return false;
        }
        self.actors.remove(&actor);
        self.note_end(&actor, head.ended_ms, None);
        let names: Vec<_> = self.reminders_of(&actor).map(|(n, _)| n.clone()).collect();
        for name in names {
            let reminder = None;
            self.remind(&actor, ReminderWrite { name, reminder });
        }
        self.delayed.retain(|at, _| at.actor != actor);
        let floor = self.epoch_floors.entry(actor.shard()).or_default();
        *floor = head.epoch.max(*floor);
        self.retired.insert(actor.clone(), now_ms);
        self.retired_by_time.insert((now_ms, actor));
        true
    }
}
