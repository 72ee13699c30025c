//! One batch in the making: each request is decided on what the store has and on what
//! the group staged before it. All reading of a request comes before its first row is
//! staged, so that a read error leaves nothing of it behind.

use std::collections::HashMap;

use pizza_store::apply::Head;
use pizza_store::{CommitError, Committed, Members, StoreError};
use pizza_types::{Durability, SiloId};

use super::caches::Caches;
use super::op::{Op, OpenedHead, Pending};
use super::prepare::Prepared;
use crate::log::Record;
use crate::memory::Memory;
use crate::overlay::Overlay;
use crate::table::Table;
use crate::view::View;
use crate::{key, row};

pub(super) struct BatchBuilder<'a> {
    /// All that is staged, this batch included.
    now: View,
    caches: &'a mut Caches,
    overlay: Overlay,
    sync: bool,
    /// The number of the batch that this becomes.
    sequence: u64,
    /// How many dead letters are in the batch already.
    dead_letters: u32,
    /// How many entries of the log are in the batch already.
    log_entries: u32,
    /// The durability that the group's commits will have when they are answered.
    durability: Durability,
}

impl<'a> BatchBuilder<'a> {
    pub(super) fn new(
        memory: &Memory,
        caches: &'a mut Caches,
        sequence: u64,
        durability: Durability,
    ) -> Self {
        Self {
            now: View::now(memory),
            caches,
            overlay: Overlay::new(memory, sequence),
            sync: false,
            sequence,
            dead_letters: 0,
            log_entries: 0,
            durability,
        }
    }

    /// The rows, if there are any, and whether they need an fsync.
    pub(super) fn finish(self) -> (Option<Record>, bool) {
        (self.overlay.finish(), self.sync)
    }

    pub(super) fn take(&mut self, op: Op) -> Pending {
        match op {
            Op::Commit(commit, answer) => Pending::Commit(self.commit(*commit), answer),
            Op::Open {
                actor,
                by,
                members,
                answer,
            } => Pending::Open(self.open(actor, &by, &members), answer),
            Op::Write { rows, sync, answer } => {
                self.sync |= sync;
                for (table, key, value) in rows {
                    self.overlay.set(table, key, value);
                }
                Pending::Write(answer)
            }
            Op::AddDeadLetter { letter, answer } => {
                self.sync = true;
                self.dead_letters += 1;
                let number = key::number(self.sequence, self.dead_letters);
                let key = key::dead_letter(number);
                self.overlay.put(Table::DeadLetters, key, letter);
                Pending::AddDeadLetter(number, answer)
            }
            Op::Forget {
                handled,
                events,
                now_ms,
                answer,
            } => Pending::Forget(self.forget(handled, events, now_ms), answer),
            Op::Close => unreachable!("the committer takes it out of the group"),
        }
    }

    fn open(
        &mut self,
        actor: Vec<u8>,
        by: &SiloId,
        members: &Members,
    ) -> Result<OpenedHead, StoreError> {
        let Some(head) = self.head(&actor)? else {
            return Ok(OpenedHead::Absent);
        };
        Ok(match head.opened(by, members) {
            Err(owner) => OpenedHead::Moved(owner),
            Ok(head) => {
                self.set_head(actor, head.clone());
                OpenedHead::Opened(head)
            }
        })
    }

    fn commit(&mut self, prepared: Prepared) -> Result<Committed, CommitError> {
        let refused = |error: StoreError| CommitError::Refused {
            detail: error.to_string(),
        };
        let actor = &prepared.actor_key;
        let before = self.head(actor).map_err(refused)?;
        // Nobody who has no record has handled anything.
        if let (Some(_), Some((key, _))) = (&before, &prepared.handled) {
            let earlier = self.now.get_with(Table::Handled, key, row::decode_reply);
            if let Some(earlier) = earlier.map_err(refused)? {
                return Err(CommitError::Handled(Box::new(earlier)));
            }
        }
        let head = Head::advanced(before.as_ref(), &prepared.commit)?;
        // An actor without a commit has no rows that could be in the way.
        // Four reads less for each actor that is made.
        let is_first = head.version == 1;
        let cleared = if prepared.clear && !is_first {
            self.entries(actor).map_err(refused)?
        } else {
            Vec::new()
        };
        let due = if is_first {
            Vec::new()
        } else {
            self.due(&prepared).map_err(refused)?
        };
        let (positions, stream_heads) = self.positions(&prepared.events).map_err(refused)?;

        // From here on nothing can fail: all of the commit is staged, or nothing was.
        self.sync = true;
        if prepared.clear {
            self.overlay.remove(Table::States, actor.clone());
        }
        for key in cleared {
            self.overlay.remove(Table::Entries, key);
        }
        for key in due {
            self.overlay.remove(Table::RemindersDue, key);
        }
        for (table, key, value) in prepared.rows {
            self.overlay.set(table, key, value);
        }
        if let Some((key, reply)) = prepared.handled {
            self.overlay.put(Table::Handled, key, reply);
        }
        let log = prepared.log.map(|entry| {
            self.log_entries += 1;
            let number = key::number(self.sequence, self.log_entries);
            let shard = prepared.commit.actor.shard();
            self.overlay.put(Table::Log, key::log(shard, number), entry);
            number
        });
        for (key, reminder) in prepared.reminders {
            let value = reminder.as_ref().map(row::encode_reminder);
            if let (Some(reminder), Some(value)) = (reminder, &value) {
                let due = key::due(reminder.due_ms, &key);
                self.overlay.put(Table::RemindersDue, due, value.clone());
            }
            self.overlay.set(Table::Reminders, key, value);
        }
        for ((stream, value), position) in prepared.events.iter().zip(&positions) {
            let key = key::event(stream, *position);
            self.overlay.put(Table::Events, key, value.clone());
        }
        for (stream, position) in stream_heads {
            let value = row::encode(&position);
            self.overlay.put(Table::StreamHeads, stream.to_vec(), value);
            // Ahead of the disk until the batch is written. If that fails, the store has stopped,
            // and nobody asks the caches any more.
            self.caches.stream_heads.insert(stream.to_vec(), position);
        }
        self.set_head(prepared.actor_key, head);
        Ok(Committed {
            durability: self.durability,
            log,
        })
    }

    fn forget(
        &mut self,
        handled: Vec<Vec<u8>>,
        events: Vec<Vec<u8>>,
        now_ms: u64,
    ) -> Result<usize, StoreError> {
        let mut gone = Vec::with_capacity(handled.len());
        for key in handled {
            // The sweep saw it expired, but the message may have been handled anew.
            let reply = self.now.get_with(Table::Handled, &key, row::decode_reply)?;
            if reply.is_some_and(|reply| reply.expires_at_ms <= now_ms) {
                gone.push(key);
            }
        }
        let count = gone.len() + events.len();
        for key in gone {
            self.overlay.remove(Table::Handled, key);
        }
        for key in events {
            self.overlay.remove(Table::Events, key);
        }
        Ok(count)
    }

    fn head(&mut self, actor: &[u8]) -> Result<Option<Head>, StoreError> {
        if let Some(head) = self.caches.heads.get(actor) {
            return Ok(Some(head.clone()));
        }
        self.read(Table::Actors, actor)
    }

    fn set_head(&mut self, actor: Vec<u8>, head: Head) {
        let value = row::encode(&head);
        // Also into the cache: the next commit of this actor may be in the same group.
        self.overlay.put(Table::Actors, actor.clone(), value);
        self.caches.heads.insert(actor, head);
    }

    /// The keys of every entry of the actor.
    fn entries(&self, actor: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = self.now.scan(Table::Entries, actor, None);
        rows.map(|row| row.map(|(key, _)| key.to_vec())).collect()
    }

    /// The keys of the rows by time that the commit's reminders replace.
    fn due(&self, prepared: &Prepared) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut keys = Vec::new();
        for key in prepared.reminders.keys() {
            let old = self
                .now
                .get_with(Table::Reminders, key, row::decode_reminder)?;
            keys.extend(old.map(|old| key::due(old.due_ms, key)));
        }
        Ok(keys)
    }

    /// The position of each event, and the new head of each stream.
    #[expect(clippy::type_complexity, reason = "two results of one walk")]
    fn positions<'p>(
        &mut self,
        events: &'p [(Vec<u8>, Vec<u8>)],
    ) -> Result<(Vec<u64>, HashMap<&'p [u8], u64>), StoreError> {
        let mut positions = Vec::with_capacity(events.len());
        let mut heads: HashMap<&[u8], u64> = HashMap::new();
        for (stream, _) in events {
            // Two events of one commit on one stream follow each other.
            let before = match heads.get(stream.as_slice()) {
                Some(head) => *head,
                None => self.stream_head(stream)?,
            };
            heads.insert(stream, before + 1);
            positions.push(before + 1);
        }
        Ok((positions, heads))
    }

    fn stream_head(&mut self, stream: &[u8]) -> Result<u64, StoreError> {
        if let Some(head) = self.caches.stream_heads.get(stream) {
            return Ok(*head);
        }
        Ok(self.read(Table::StreamHeads, stream)?.unwrap_or(0))
    }

    fn read<T: serde::de::DeserializeOwned>(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        self.now.get(table, key)
    }
}
