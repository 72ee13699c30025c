//! The log of each shard, and its events on their way to their streams.

use std::collections::BTreeMap;

use async_trait::async_trait;
use pizza_store::{Leaving, LogEntry, LogKey, LogStore, NewEvent, StoreError, StreamKey};
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
        let mut appends = Appends::default();
        for entry in entries {
            let events = &entry.leaving.events;
            appends.add(&source.0.to_string(), entry.key.number, entry.at_ms, events);
        }
        self.append(appends).await
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

/// The number of its entry, when its turn began, and what an event says.
type Row<'a> = (u64, u64, &'a [u8]);

/// Events on their way to their streams.
#[derive(Default)]
pub(super) struct Appends<'a> {
    /// Everything of one stream and one source at once: the stream remembers the number of the last
    /// entry.
    by_stream: BTreeMap<(&'a StreamKey, String), Vec<Row<'a>>>,
}

impl<'a> Appends<'a> {
    /// Events of an entry of a log, named by its source.
    pub(super) fn add(&mut self, source: &str, number: u64, at_ms: u64, events: &'a [NewEvent]) {
        for event in events {
            for of in &event.keys {
                let row = (number, at_ms, &*event.payload);
                let key = (of, source.to_owned());
                self.by_stream.entry(key).or_default().push(row);
            }
        }
    }
}

impl RedisStore {
    pub(super) async fn append(&self, appends: Appends<'_>) -> Result<(), StoreError> {
        let mut appending = Vec::new();
        for ((of, source), events) in appends.by_stream {
            let mut command = call(&self.scripts.relay, &relay_keys(of));
            command.arg(&*of.stream);
            command.arg(&*of.key).arg(source);
            for (number, at_ms, payload) in events {
                command.arg(number).arg(at_ms).arg(payload);
            }
            appending.push(self.ask(of.shard(), command));
        }
        futures_util::future::try_join_all(appending).await?;
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
