//! The rows themselves, and what a commit does to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{ActorId, Durability, MessageId, ShardId, SiloId, State, StateWrite};

use crate::apply::{Head, outbox_key};
use crate::commit::{Commit, CommitError, Committed, NewEvent, ReminderWrite};
use crate::retention::Retention;
use crate::row::{
    ActorRecord, Claimed, DeadLetter, DueReminder, HandledRow, Inspected, OutboxKey, OutboxRow,
    Reminder, StoredEvent, StoredReply,
};

/// The name of a cursor: subscriber, stream, key.
pub(super) type CursorName = (String, String, String);

#[derive(Debug, Default)]
pub(super) struct Tables {
    actors: BTreeMap<ActorId, Actor>,
    handled: BTreeMap<(ActorId, MessageId), StoredReply>,
    pub(super) outbox: BTreeMap<ShardId, BTreeMap<OutboxKey, OutboxRow>>,
    reminders: BTreeMap<(ActorId, Arc<str>), Reminder>,
    /// The reminders again, soonest first.
    due: BTreeSet<(u64, ActorId, Arc<str>)>,
    /// The events, by stream and then by key.
    pub(super) streams: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Stream>>,
    pub(super) cursors: BTreeMap<CursorName, u64>,
    pub(super) dead_letters: BTreeMap<u64, DeadLetter>,
    /// The number of dead letters so far. Those that are gone count too, so that no number is
    /// given twice.
    letters_so_far: u64,
    pub(super) meta: BTreeMap<String, Bytes>,
    /// Where the last sweep stopped, so that the next one goes on from there.
    swept: Swept,
}

#[derive(Debug)]
struct Actor {
    head: Head,
    state: Option<State>,
    entries: BTreeMap<Arc<str>, Bytes>,
}

#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The position of the newest event. It outlives the events that it counts.
    pub(super) head: u64,
    pub(super) events: BTreeMap<u64, StoredEvent>,
}

#[derive(Debug, Default)]
struct Swept {
    handled: Option<(ActorId, MessageId)>,
    events: Option<(Arc<str>, Arc<str>, u64)>,
}

pub(super) fn cursor_name(subscriber: &str, stream: &str, key: &str) -> CursorName {
    (subscriber.to_owned(), stream.to_owned(), key.to_owned())
}

impl Tables {
    pub(super) fn claim(&mut self, actor: &ActorId, owner: &SiloId) -> Claimed {
        let head = Head::claimed(self.actors.get(actor).map(|a| &a.head), owner);
        let row = self.raise(actor, head.clone());
        Claimed {
            record: head.with_state(row.state.clone()),
            entries: row.entries.clone(),
        }
    }

    pub(super) fn is_known(&self, actor: &ActorId) -> bool {
        self.actors.contains_key(actor)
    }

    pub(super) fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<Arc<str>> {
        let ids = self.actors.keys();
        let of_type = ids.filter(|id| &**id.actor_type() == actor_type);
        let later = of_type.filter(|id| after.is_none_or(|after| &**id.key() > after));
        later.map(|id| Arc::clone(id.key())).take(limit).collect()
    }

    pub(super) fn commit(&mut self, commit: Commit) -> Result<Committed, CommitError> {
        let before = self.actors.get(&commit.actor).map(|row| &row.head);
        // Decided before anything is written: what is refused leaves nothing.
        let head = Head::advanced(before, &commit)?;
        let row = self.raise(&commit.actor, head);
        let version = row.head.version;
        match commit.state {
            StateWrite::Keep => {}
            StateWrite::Set(state) => row.state = Some(state),
            // Before the writes below, so that what the clearing turn writes stays.
            StateWrite::Clear => {
                row.state = None;
                row.entries.clear();
            }
        }
        for write in commit.entries {
            match write.bytes {
                Some(bytes) => row.entries.insert(write.name, bytes),
                None => row.entries.remove(&write.name),
            };
        }
        if let Some(handled) = commit.handled {
            let reply = StoredReply {
                fingerprint: handled.fingerprint,
                reply: handled.reply,
                declined: handled.declined,
                expires_at_ms: handled.expires_at_ms,
            };
            let key = (commit.actor.clone(), handled.id);
            self.handled.insert(key, reply);
        }
        for write in commit.outbox {
            let key = outbox_key(&commit.actor, version, write.index);
            let row = OutboxRow {
                key: key.clone(),
                not_before_ms: write.not_before_ms,
                envelope: write.envelope,
            };
            self.outbox.entry(key.shard).or_default().insert(key, row);
        }
        for write in commit.reminders {
            self.remind(&commit.actor, write);
        }
        if let Some(cursor) = commit.cursor {
            let name = cursor_name(&cursor.subscriber, &cursor.stream, &cursor.key);
            self.cursors.insert(name, cursor.position);
        }
        let now_ms = commit.now_ms;
        let append = |event| self.append(event, now_ms);
        Ok(Committed {
            durability: Durability::Memory,
            positions: commit.events.into_iter().map(append).collect(),
        })
    }

    fn raise(&mut self, actor: &ActorId, head: Head) -> &mut Actor {
        let row = self.actors.entry(actor.clone()).or_insert_with(|| Actor {
            head: head.clone(),
            state: None,
            entries: BTreeMap::new(),
        });
        row.head = head;
        row
    }

    fn remind(&mut self, actor: &ActorId, write: ReminderWrite) {
        let key = (actor.clone(), Arc::clone(&write.name));
        let old = match &write.reminder {
            Some(new) => self.reminders.insert(key, new.clone()),
            None => self.reminders.remove(&key),
        };
        // Also where the new one is due at another time: each reminder has one row by time.
        if let Some(old) = old {
            let row = (old.due_ms, actor.clone(), Arc::clone(&write.name));
            self.due.remove(&row);
        }
        if let Some(new) = write.reminder {
            // The name is part of it: two reminders may be due in the same millisecond.
            self.due.insert((new.due_ms, actor.clone(), write.name));
        }
    }

    fn append(&mut self, event: NewEvent, at_ms: u64) -> u64 {
        let keys = self.streams.entry(event.stream).or_default();
        let stream = keys.entry(event.key).or_default();
        stream.head += 1;
        let position = stream.head;
        let payload = event.payload;
        let row = StoredEvent {
            position,
            at_ms,
            payload,
        };
        stream.events.insert(position, row);
        position
    }

    pub(super) fn record(&self, actor: &ActorId) -> Option<ActorRecord> {
        let row = self.actors.get(actor)?;
        Some(row.head.clone().with_state(row.state.clone()))
    }

    pub(super) fn copy(&self, actor: &ActorId) -> Option<Claimed> {
        let row = self.actors.get(actor)?;
        Some(Claimed {
            record: row.head.clone().with_state(row.state.clone()),
            entries: row.entries.clone(),
        })
    }

    pub(super) fn inspect(&self, actor: &ActorId, reminders_max: usize) -> Option<Inspected> {
        let record = self.record(actor)?;
        let entries = self.actors.get(actor).map_or(0, |row| row.entries.len());
        // No name is before the empty one.
        let from = (actor.clone(), Arc::from(""));
        let own = self.reminders.range(from..);
        let own = own.take_while(|((of, _), _)| of == actor);
        let reminders = own.take(reminders_max);
        let reminders = reminders.map(|((_, name), r)| (Arc::clone(name), r.clone()));
        Some(Inspected {
            record,
            entries,
            reminders: reminders.collect(),
        })
    }

    pub(super) fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Vec<HandledRow> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let start = match after {
            Some(after) => Excluded((actor.clone(), after)),
            None => Included((actor.clone(), MessageId([0; 16]))),
        };
        let own = self.handled.range((start, Unbounded));
        let own = own.take_while(|((of, _), _)| of == actor);
        let row = |((_, id), reply): (&(ActorId, MessageId), &StoredReply)| HandledRow {
            id: *id,
            reply: reply.clone(),
        };
        own.take(limit).map(row).collect()
    }

    pub(super) fn add_dead_letter(&mut self, letter: DeadLetter) -> u64 {
        self.letters_so_far += 1;
        self.dead_letters.insert(self.letters_so_far, letter);
        self.letters_so_far
    }

    pub(super) fn handled(&self, actor: &ActorId, id: MessageId) -> Option<StoredReply> {
        self.handled.get(&(actor.clone(), id)).cloned()
    }

    pub(super) fn stream(&self, stream: &str, key: &str) -> Option<&Stream> {
        self.streams.get(stream)?.get(key)
    }

    pub(super) fn reminders_due(&self, until_ms: u64, limit: usize) -> Vec<DueReminder> {
        let due = self.due.iter().take_while(|(due, ..)| *due <= until_ms);
        due.take(limit)
            .filter_map(|(_, actor, name)| {
                let key = (actor.clone(), Arc::clone(name));
                let reminder = self.reminders.get(&key)?.clone();
                let (actor, name) = key;
                Some(DueReminder {
                    actor,
                    name,
                    reminder,
                })
            })
            .collect()
    }

    pub(super) fn expire(&mut self, now_ms: u64, keep: &Retention, limit: usize) -> usize {
        self.expire_handled(now_ms, limit) + self.expire_events(now_ms, keep, limit)
    }

    fn expire_handled(&mut self, now_ms: u64, limit: usize) -> usize {
        // Taken, not read: a sweep that gets to the end begins at the start the next time.
        let mut rows = after(&self.handled, self.swept.handled.take().as_ref());
        let looked_at: Vec<_> = rows
            .by_ref()
            .take(limit)
            .map(|(key, row)| (key.clone(), row.expires_at_ms))
            .collect();
        if rows.next().is_some() {
            self.swept.handled = looked_at.last().map(|(key, _)| key.clone());
        }
        drop(rows);
        let mut gone = 0;
        for (key, expires_at_ms) in looked_at {
            if expires_at_ms <= now_ms {
                gone += usize::from(self.handled.remove(&key).is_some());
            }
        }
        gone
    }

    fn expire_events(&mut self, now_ms: u64, retention: &Retention, limit: usize) -> usize {
        let start = self.swept.events.take();
        let mut left = limit;
        let mut gone = 0;
        for (name, keys) in &mut self.streams {
            for (key, stream) in keys {
                // The third part is there so that the key compares like an event's position
                // behind all events of its stream.
                let at = (Arc::clone(name), Arc::clone(key), u64::MAX);
                if start.as_ref().is_some_and(|start| at <= *start) {
                    continue;
                }
                // A whole (stream, key) at a time: "about" the limit is what is promised.
                if left == 0 {
                    return gone;
                }
                left = left.saturating_sub(stream.events.len());
                let before = stream.events.len();
                let cursors = &self.cursors;
                let handled = |subscriber: &Arc<str>| {
                    let name = cursor_name(subscriber, name, key);
                    cursors.get(&name).copied().unwrap_or(0)
                };
                let subscribers = retention.subscribers(name).iter();
                // The slowest subscriber counts; without any, age and number decide alone.
                let handled = subscribers.map(handled).min().unwrap_or(u64::MAX);
                let (keep, newest) = (retention.of(name), stream.head);
                stream.events.retain(|position, event| {
                    let may_go = keep.lets_go(*position, event.at_ms, newest, now_ms);
                    !may_go || *position > handled
                });
                gone += before - stream.events.len();
                self.swept.events = Some(at);
            }
        }
        self.swept.events = None;
        gone
    }
}

fn after<'a, K: Ord, V>(
    map: &'a BTreeMap<K, V>,
    start: Option<&K>,
) -> std::collections::btree_map::Range<'a, K, V> {
    use std::ops::Bound::{Excluded, Unbounded};
    map.range((start.map_or(Unbounded, Excluded), Unbounded))
}
