//! What is due, and what leaves later.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::{
    DelayedKey, DelayedRow, DueAfter, DueReminder, Reminder, ReminderStore, StoreError,
};
use pizza_types::{ActorId, Envelope, ShardId, ShardSet};

use super::RedisStore;
use crate::key;
use crate::value::{bytes, corrupt, decode, pairs, text};

#[async_trait]
impl ReminderStore for RedisStore {
    async fn reminders_due(
        &self,
        of: &ShardSet,
        after: &DueAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        let command = |shard| {
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(key::of_shard(shard, "r"));
            command.arg(after.due_ms).arg(until_ms).arg("WITHSCORES");
            command
        };
        let mut found: Vec<(u64, ActorId, Arc<str>)> = Vec::new();
        for (_, members) in self.ask_of(of, command).await? {
            for (member, due) in pairs(members) {
                let wrong = || corrupt("a reminder");
                let due_ms =
                    text(redis::Value::BulkString(due)).and_then(|d| d.parse::<f64>().ok());
                let (actor, name) = named(&member).ok_or_else(wrong)?;
                found.push((due_ms.ok_or_else(wrong)? as u64, actor, name));
            }
        }
        found.sort_unstable();
        let behind = |(due_ms, actor, name): &(u64, ActorId, Arc<str>)| match &after.last {
            Some(last) if *due_ms == after.due_ms => (actor, name) > (&last.0, &last.1),
            _ => *due_ms >= after.due_ms,
        };
        found.retain(behind);
        found.truncate(limit);
        let mut due = Vec::new();
        for (_, actor, name) in found {
            let mut command = redis::cmd("HGET");
            command.arg(key::actor(&actor)).arg(format!("r{name}"));
            // It may have been cancelled since.
            if let Some(row) = bytes(self.ask(actor.shard(), command).await?) {
                let reminder: Reminder = decode(&row)?;
                due.push(DueReminder {
                    actor,
                    name,
                    reminder,
                });
            }
        }
        Ok(due)
    }

    async fn delayed(
        &self,
        of: &ShardSet,
        after: Option<&DelayedKey>,
        limit: usize,
    ) -> Result<Vec<DelayedRow>, StoreError> {
        let command = |shard| {
            let mut command = redis::cmd("HGETALL");
            command.arg(key::of_shard(shard, "w"));
            command
        };
        let mut rows = Vec::new();
        for (_, found) in self.ask_of(of, command).await? {
            for (_, row) in pairs(found) {
                let (key, not_before_ms, envelope): (DelayedKey, u64, Envelope) = decode(&row)?;
                if after.is_none_or(|after| key > *after) {
                    rows.push(DelayedRow {
                        key,
                        not_before_ms,
                        envelope,
                    });
                }
            }
        }
        rows.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        rows.truncate(limit);
        Ok(rows)
    }

    async fn delayed_done(&self, keys: Vec<DelayedKey>) -> Result<(), StoreError> {
        let mut by_shard: BTreeMap<ShardId, Vec<String>> = BTreeMap::new();
        for key in keys {
            let names = by_shard.entry(key.shard).or_default();
            names.push(key::delayed(&key));
        }
        let removing = by_shard.into_iter().map(|(shard, names)| {
            let mut command = redis::cmd("HDEL");
            command.arg(key::of_shard(shard, "w")).arg(names);
            self.ask(shard, command)
        });
        futures_util::future::try_join_all(removing).await?;
        Ok(())
    }
}

/// The actor and the name of a reminder, from what the sorted set calls it.
fn named(member: &[u8]) -> Option<(ActorId, Arc<str>)> {
    let member = std::str::from_utf8(member).ok()?;
    let (actor, name) = member.split_once('\0')?;
    let (actor_type, key) = actor.split_once('/')?;
    Some((ActorId::new(actor_type, key).ok()?, name.into()))
}
