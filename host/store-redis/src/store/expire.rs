//! What is forgotten: replies whose time has come, and events that nobody needs any more.

use futures_util::future::try_join_all;
use pizza_store::{Retention, StoreError, StoredEvent, StreamStore as _};
use pizza_types::{ShardId, ShardSet};

use super::{RedisStore, call};
use crate::key;
use crate::value::{array, corrupt, number, pairs, text};

/// How many events of a stream are read at a time.
const PAGE: usize = 1_000;
/// How many shards are asked together.
const SHARDS_AT_ONCE: usize = 128;

/// Of one shard: the streams that have events, by name and key, each with its newest position.
type Streams = Vec<(String, String, u64)>;

impl RedisStore {
    /// Shards are asked many at a time, for most of them have nothing to forget.
    pub(super) async fn sweep(
        &self,
        shards: &ShardSet,
        now_ms: u64,
        retention: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let (mut gone, first) = (0, *self.swept.lock());
        let (behind, before): (Vec<_>, Vec<_>) = shards.iter().partition(|shard| shard.0 >= first);
        let shards = [behind, before].concat();
        for together in shards.chunks(SHARDS_AT_ONCE) {
            if gone >= limit {
                // Here it goes on the next time.
                *self.swept.lock() = together[0].0;
                return Ok(gone);
            }
            // No more than a half, so that events are let go however many replies there are.
            let part = (limit - gone).div_ceil(2);
            gone += self.forget_replies(together, now_ms, part).await?;
            let names = try_join_all(together.iter().map(|shard| self.stream_names(*shard)));
            for (shard, names) in together.iter().zip(names.await?) {
                for (stream, key, head) in self.streams_of(*shard, names).await? {
                    if gone < limit {
                        let of = (stream.as_str(), key.as_str());
                        gone += self
                            .forget_events(*shard, of, head, now_ms, retention)
                            .await?;
                    }
                }
            }
        }
        Ok(gone)
    }

    /// Each shard has its part of the limit, and another one while it uses that up.
    async fn forget_replies(
        &self,
        shards: &[ShardId],
        now_ms: u64,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let (mut gone, mut left) = (0, shards.to_vec());
        while gone < limit && !left.is_empty() {
            let part = (limit - gone).div_ceil(left.len());
            let forgetting = left
                .iter()
                .map(|shard| self.forget_part(*shard, now_ms, part));
            let counts = try_join_all(forgetting).await?;
            gone += counts.iter().sum::<usize>();
            let mut counts = counts.into_iter();
            left.retain(|_| counts.next() == Some(part));
        }
        Ok(gone)
    }

    async fn forget_part(
        &self,
        shard: ShardId,
        now_ms: u64,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let keys = [key::of_shard(shard, "D"), key::of_shard(shard, "d")];
        let mut command = call(&self.scripts.forget, &keys);
        command.arg(now_ms).arg(limit);
        let gone = number(self.looked_at(shard, command).await?);
        let gone = gone.ok_or_else(|| corrupt("how many replies went"))?;
        Ok(usize::try_from(gone).unwrap_or(usize::MAX))
    }

    /// The names of a shard's streams.
    async fn stream_names(&self, shard: ShardId) -> Result<Vec<String>, StoreError> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(key::of_shard(shard, "S"));
        let names = array(self.looked_at(shard, command).await?);
        Ok(names.into_iter().filter_map(text).collect())
    }

    async fn streams_of(&self, shard: ShardId, names: Vec<String>) -> Result<Streams, StoreError> {
        let mut streams = Streams::new();
        for name in names {
            let mut command = redis::cmd("HGETALL");
            command.arg(key::of_shard(shard, &format!("h:{name}")));
            for (key, head) in pairs(self.ask(shard, command).await?) {
                let wrong = || corrupt("the head of a stream");
                let key = String::from_utf8(key).map_err(|_| wrong())?;
                let head = number(redis::Value::BulkString(head)).ok_or_else(wrong)?;
                streams.push((name.clone(), key, head));
            }
        }
        Ok(streams)
    }

    async fn forget_events(
        &self,
        shard: ShardId,
        (stream, key): (&str, &str),
        head: u64,
        now_ms: u64,
        retention: &Retention,
    ) -> Result<usize, StoreError> {
        let keep = retention.of(stream);
        let mut handled = u64::MAX;
        for subscriber in retention.subscribers(stream) {
            handled = handled.min(self.cursor(subscriber, stream, key).await?);
        }
        let events = self.events(stream, key, 0, PAGE).await?;
        let goes = |event: &&StoredEvent| {
            event.position <= handled && keep.lets_go(event.position, event.at_ms, head, now_ms)
        };
        let going: Vec<String> = events
            .iter()
            .take_while(goes)
            .map(|event| format!("{}-0", event.position))
            .collect();
        let of = super::streams::of(stream, key);
        if !going.is_empty() {
            let mut command = redis::cmd("XDEL");
            command.arg(key::stream(&of)).arg(&going);
            self.ask(shard, command).await?;
            return Ok(going.len());
        }
        let is_silent =
            |event: &StoredEvent| event.position == head && keep.forgets(event.at_ms, now_ms);
        let is_heard = !retention.subscribers(stream).is_empty();
        if is_heard || events.len() != 1 || !events.first().is_some_and(is_silent) {
            return Ok(0);
        }
        let heads = key::of_shard(shard, &format!("h:{stream}"));
        let mut command = call(&self.scripts.silence, &[key::stream(&of), heads]);
        command.arg(key).arg(head);
        Ok(usize::from(
            number(self.ask(shard, command).await?) == Some(1),
        ))
    }
}
