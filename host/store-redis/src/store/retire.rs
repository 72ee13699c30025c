//! Actors that have ended, and their tombstones.

use async_trait::async_trait;
use pizza_store::{EndedActor, EndedAfter, RetireStore, Retirement, StoreError};
use pizza_types::{ActorId, ShardSet};

use super::{RedisStore, call};
use crate::key;
use crate::value::{corrupt, number, pairs};

#[async_trait]
impl RetireStore for RedisStore {
    async fn ended(
        &self,
        shards: &ShardSet,
        actor_type: &str,
        after: &EndedAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<EndedActor>, StoreError> {
        let command = |shard| {
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(key::of_shard(shard, &format!("E:{actor_type}")));
            command.arg(after.ended_ms).arg(until_ms).arg("WITHSCORES");
            command
        };
        let mut ended = Vec::new();
        for (_, found) in self.ask_of(shards, command).await? {
            for (key, at) in pairs(found) {
                let wrong = || corrupt("an ended actor");
                let key = String::from_utf8(key).map_err(|_| wrong())?;
                let at = String::from_utf8(at).map_err(|_| wrong())?;
                ended.push(EndedActor {
                    actor: ActorId::new(actor_type, key).map_err(|_| wrong())?,
                    ended_ms: at.parse::<f64>().map_err(|_| wrong())? as u64,
                });
            }
        }
        let behind = |ended: &EndedActor| match &after.last {
            Some(last) if ended.ended_ms == after.ended_ms => ended.actor > *last,
            _ => true,
        };
        ended.retain(behind);
        ended.sort_unstable_by(|one, other| {
            (one.ended_ms, &one.actor).cmp(&(other.ended_ms, &other.actor))
        });
        ended.truncate(limit);
        Ok(ended)
    }

    async fn retire(&self, retirements: Vec<Retirement>) -> Result<Vec<bool>, StoreError> {
        let mut retired = Vec::with_capacity(retirements.len());
        for Retirement {
            actor,
            version,
            now_ms,
        } in retirements
        {
            let (shard, actor_type) = (actor.shard(), actor.actor_type());
            let keys = [
                key::actor(&actor),
                key::of_shard(shard, "c"),
                key::of_shard(shard, "x"),
                key::of_shard(shard, "X"),
                key::of_shard(shard, &format!("t:{actor_type}")),
                key::of_shard(shard, &format!("E:{actor_type}")),
                key::of_shard(shard, "r"),
                key::of_shard(shard, "w"),
            ];
            let mut command = call(&self.scripts.retire, &keys);
            command
                .arg(actor.to_string())
                .arg(version)
                .arg(now_ms)
                .arg(&**actor.key())
                .arg(key::delayed_of(&actor));
            let answer = self.ask(actor.shard(), command).await?;
            retired.push(number(answer) == Some(1));
        }
        Ok(retired)
    }

    async fn retired(&self, actor: &ActorId) -> Result<Option<u64>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(key::of_shard(actor.shard(), "x"));
        command.arg(actor.to_string());
        Ok(number(self.ask(actor.shard(), command).await?))
    }

    async fn forget_retired(
        &self,
        shards: &ShardSet,
        until_ms: u64,
        limit: usize,
    ) -> Result<usize, StoreError> {
        // The oldest of all shards first.
        let command = |shard| {
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(key::of_shard(shard, "X"));
            command.arg("-inf").arg(until_ms).arg("WITHSCORES");
            command
        };
        let mut found = Vec::new();
        for (shard, members) in self.ask_of(shards, command).await? {
            for (name, at) in pairs(members) {
                let at = String::from_utf8(at)
                    .ok()
                    .and_then(|at| at.parse::<f64>().ok());
                let at_ms = at.ok_or_else(|| corrupt("a tombstone"))? as u64;
                found.push((at_ms, shard, name));
            }
        }
        found.sort_unstable();
        found.truncate(limit);
        for (_, shard, name) in &found {
            let mut command = redis::cmd("HDEL");
            command.arg(key::of_shard(*shard, "x")).arg(name.as_slice());
            self.ask(*shard, command).await?;
            let mut command = redis::cmd("ZREM");
            command.arg(key::of_shard(*shard, "X")).arg(name.as_slice());
            self.ask(*shard, command).await?;
        }
        Ok(found.len())
    }
}
