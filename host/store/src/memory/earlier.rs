//! Going back in time, as a store does whose replica takes over without the last writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_types::{ActorId, MessageId, ShardId};

use super::MemoryStore;
use super::tables::{Actor, Tables};
use crate::commit::ReminderWrite;
use crate::log::LogEntry;
use crate::reminders::{DelayedKey, DelayedRow, Reminder};
use crate::reply::StoredReply;

/// What the actors of a shard had at some time: their records, and what they had committed.
#[derive(Debug)]
pub struct Earlier {
    shard: ShardId,
    actors: BTreeMap<ActorId, Actor>,
    handled: BTreeMap<(ActorId, MessageId), StoredReply>,
    log: BTreeMap<u64, LogEntry>,
    delayed: BTreeMap<DelayedKey, DelayedRow>,
    reminders: BTreeMap<(ActorId, Arc<str>), Reminder>,
}

impl MemoryStore {
    /// The rows of a shard as they are now. Events, cursors and tombstones are not among them.
    #[must_use]
    pub fn rows_of(&self, shard: ShardId) -> Earlier {
        let tables = self.tables.lock();
        let is_of = |actor: &ActorId| actor.shard() == shard;
        Earlier {
            shard,
            actors: of(&tables.actors, is_of),
            handled: of(&tables.handled, |(actor, _)| is_of(actor)),
            log: tables.log.get(&shard).cloned().unwrap_or_default(),
            delayed: of(&tables.delayed, |key| key.shard == shard),
            reminders: of(&tables.reminders, |(actor, _)| is_of(actor)),
        }
    }

    /// Everything that was committed in the shard since then is lost. Who owns an actor stays: what is lost
    /// are commits.
    pub fn go_back(&self, to: Earlier) {
        self.tables.lock().go_back(to);
    }
}

fn of<K: Clone + Ord, V: Clone>(
    rows: &BTreeMap<K, V>,
    is_it: impl Fn(&K) -> bool,
) -> BTreeMap<K, V> {
    let rows = rows.iter().filter(|(key, _)| is_it(key));
    rows.map(|(key, row)| (key.clone(), row.clone())).collect()
}

impl Tables {
    fn go_back(&mut self, to: Earlier) {
        let shard = to.shard;
        let is_of = |actor: &ActorId| actor.shard() == shard;
        for (actor, earlier) in &to.actors {
            if let Some(now) = self.actors.get_mut(actor) {
                let (epoch, owner) = (now.head.epoch, now.head.owner.clone());
                *now = earlier.clone();
                (now.head.epoch, now.head.owner) = (epoch, owner);
            }
        }
        self.actors
            .retain(|actor, _| !is_of(actor) || to.actors.contains_key(actor));
        self.handled.retain(|(actor, _), _| !is_of(actor));
        self.handled.extend(to.handled);
        self.log.insert(shard, to.log);
        self.delayed.retain(|key, _| key.shard != shard);
        self.delayed.extend(to.delayed);
        let reminders = self.reminders.keys().filter(|(actor, _)| is_of(actor));
        let gone: Vec<_> = reminders.cloned().collect();
        let gone = gone.into_iter().map(|key| (key, None));
        let back = to.reminders.into_iter().map(|(key, row)| (key, Some(row)));
        for ((actor, name), reminder) in gone.chain(back) {
            self.remind(&actor, ReminderWrite { name, reminder });
        }
    }
}
