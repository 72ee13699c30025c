//! The log of each shard, and its events on their way to their streams.

use std::collections::BTreeMap;

use async_trait::async_trait;
use pizza_store::{Leaving, LogEntry, LogKey, LogStore, StoreError, StreamKey};
use pizza_types::{ActorId, ShardId, ShardSet};

use super::{RedisStore, call};
use crate::key;
use crate::value::{corrupt, decode, number, stream};

#[async_trait]
impl LogStore for RedisStore {
    fn relays(&self) -> bool {
        true
    }

    async fn log_shards(&self, of: &ShardSet) -> Result<Vec<ShardId>, StoreError> {
        let command = |shard| {
            let mut command = redis::cmd("XLEN");
            command.arg(key::of_shard(shard, "l"));
            command
        };
        let lengths = self.ask_of(of, command).await?.into_iter();
        let some = lengths.filter(|(_, length)| number(length.clone()).is_some_and(|n| n > 0));
        Ok(some.map(|(shard, _)| shard).collect())
    }

    async fn log(
        &self,
        shard: ShardId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let mut command = redis::cmd("XRANGE");
        command.arg(key::of_shard(shard, "l"));
        command.arg(format!("({after}-0")).arg("+");
        command.arg("COUNT").arg(limit.min(1_000_000));
        let mut entries = Vec::new();
        for (number, fields) in stream(self.ask(shard, command).await?) {
            let row = fields
                .first()
                .ok_or_else(|| corrupt("an entry of the log"))?;
            let (actor, version, at_ms, leaving): (ActorId, u64, u64, Leaving) = decode(&row.1)?;
            entries.push(LogEntry {
                key: LogKey { shard, number },
                actor,
                version,
                at_ms,
                leaving,
            });
        }
        Ok(entries)
    }

    async fn relay(&self, entries: &[LogEntry]) -> Result<(), StoreError> {
        let Some(source) = entries.first().map(|entry| entry.key.shard) else {
            return Ok(());
        };
        // Everything of one stream at once: it remembers the number of the last entry.
        let mut by_stream: BTreeMap<&StreamKey, Vec<(u64, u64, &[u8])>> = BTreeMap::new();
        for entry in entries {
            for event in &entry.leaving.events {
                for of in &event.keys {
                    let row = (entry.key.number, entry.at_ms, &*event.payload);
                    by_stream.entry(of).or_default().push(row);
                }
            }
        }
        let mut appending = Vec::new();
        for (of, events) in by_stream {
            let mut command = call(&self.scripts.relay, &relay_keys(of));
            command.arg(&*of.stream);
            command.arg(&*of.key).arg(source.0);
            for (number, at_ms, payload) in events {
                command.arg(number).arg(at_ms).arg(payload);
            }
            appending.push(self.ask(of.shard(), command));
        }
        futures_util::future::try_join_all(appending).await?;
        Ok(())
    }

    async fn log_done(&self, keys: Vec<LogKey>) -> Result<(), StoreError> {
        let mut by_shard: BTreeMap<ShardId, Vec<String>> = BTreeMap::new();
        for key in keys {
            let ids = by_shard.entry(key.shard).or_default();
            ids.push(key::log_id(&key));
        }
        let removing = by_shard.into_iter().map(|(shard, ids)| {
            let mut command = redis::cmd("XDEL");
            command.arg(key::of_shard(shard, "l")).arg(ids);
            self.ask(shard, command)
        });
        futures_util::future::try_join_all(removing).await?;
        Ok(())
    }
}

/// All keys that the script touches, in its order.
fn relay_keys(of: &StreamKey) -> [String; 4] {
    [
        key::stream(of),
        key::of_shard(of.shard(), "m"),
        key::of_shard(of.shard(), &format!("h:{}", of.stream)),
        key::of_shard(of.shard(), "S"),
    ]
}
