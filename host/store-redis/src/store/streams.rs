//! Streams, and how far each subscriber is.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::{StoreError, StoredEvent, StreamKey, StreamStore};
use pizza_types::{ShardId, ShardSet};

use super::RedisStore;
use crate::key;
use crate::value::{corrupt, number, pairs, stream};

pub(super) fn of(stream: &str, key: &str) -> StreamKey {
    StreamKey {
        stream: stream.into(),
        key: key.into(),
    }
}

#[async_trait]
impl StreamStore for RedisStore {
    async fn events(
        &self,
        stream_name: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let of = of(stream_name, key);
        let mut command = redis::cmd("XRANGE");
        command.arg(key::stream(&of));
        command.arg(format!("({after}-0")).arg("+");
        command.arg("COUNT").arg(limit.min(1_000_000));
        let mut events = Vec::new();
        for (position, fields) in stream(self.ask(of.shard(), command).await?) {
            let wrong = || corrupt("an event");
            let mut fields = fields.into_iter().map(|(_, row)| row);
            let (at, payload) = (fields.next(), fields.next());
            let at = at.and_then(|at| String::from_utf8(at).ok());
            events.push(StoredEvent {
                position,
                at_ms: at.and_then(|at| at.parse().ok()).ok_or_else(wrong)?,
                payload: payload.ok_or_else(wrong)?.into(),
            });
        }
        Ok(events)
    }

    async fn stream_head(&self, stream: &str, key: &str) -> Result<u64, StoreError> {
        let of = of(stream, key);
        let mut command = redis::cmd("HGET");
        command.arg(key::of_shard(of.shard(), &format!("h:{stream}")));
        command.arg(key);
        Ok(number(self.ask(of.shard(), command).await?).unwrap_or(0))
    }

    async fn stream_heads(
        &self,
        shards: &ShardSet,
        stream: &str,
    ) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        let command = |shard| {
            let mut command = redis::cmd("HGETALL");
            command.arg(key::of_shard(shard, &format!("h:{stream}")));
            command
        };
        let mut heads = Vec::new();
        for (_, found) in self.ask_of(shards, command).await? {
            for (key, head) in pairs(found) {
                let wrong = || corrupt("the head of a stream");
                let key = String::from_utf8(key).map_err(|_| wrong())?;
                let head = number(redis::Value::BulkString(head)).ok_or_else(wrong)?;
                heads.push((key.into(), head));
            }
        }
        heads.sort_unstable();
        Ok(heads)
    }

    async fn cursor(&self, subscriber: &str, stream: &str, key: &str) -> Result<u64, StoreError> {
        // Where the subscriber of this key lives: its commits move it.
        let shard = ShardId::of(subscriber, key);
        let mut command = redis::cmd("HGET");
        command.arg(key::of_shard(shard, "u"));
        command.arg(key::cursor(stream, key, subscriber));
        Ok(number(self.ask(shard, command).await?).unwrap_or(0))
    }

    async fn set_cursor(
        &self,
        subscriber: &str,
        stream: &str,
        key: &str,
        position: u64,
    ) -> Result<(), StoreError> {
        let shard = ShardId::of(subscriber, key);
        let mut command = redis::cmd("HSET");
        command.arg(key::of_shard(shard, "u"));
        command
            .arg(key::cursor(stream, key, subscriber))
            .arg(position);
        self.ask(shard, command).await.map(drop)
    }
}
