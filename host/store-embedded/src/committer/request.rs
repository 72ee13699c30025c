//! One request in the making: it is decided on what the store has and on what is staged before
//! it. All reading comes before its first row goes into memory, so that a read error leaves
//! nothing of it behind.

use std::collections::HashMap;

use fjall::Slice;
use pizza_store::apply::Head;
use pizza_store::{CommitError, Members, StoreError};
use pizza_types::{ActorId, SiloId};

use super::caches::Caches;
use super::former::Former;
use super::prepare::Prepared;
use super::staging::Staging;
use crate::actor_row::{self, Layout, NewState};
use crate::changes::{Changes, RowChange};
use crate::log::Record;
use crate::memory::Memory;
use crate::sweep::Found;
use crate::table::Table;
use crate::view::View;
use crate::{due, key, row, stream_head};

/// How it went to open an actor.
pub(crate) enum OpenedHead {
    /// Its first commit takes this epoch.
    Absent {
        epoch: u64,
    },
    Retired {
        at_ms: u64,
    },
    /// The head as the opening made it.
    Opened(Head),
    Moved {
        owner: SiloId,
        epoch: u64,
    },
}

pub(super) struct Request<'a> {
    /// All that is staged before it.
    pub(super) now: View,
    memory: &'a Memory,
    pub(super) caches: &'a mut Caches,
    pub(super) changes: Changes,
    pub(super) sync: bool,
    /// The number of the record that this becomes.
    sequence: u64,
}

impl<'a> Request<'a> {
    pub(super) fn new(memory: &'a Memory, staging: &'a mut Staging) -> Self {
        Self {
            now: View::now(memory),
            memory,
            sequence: staging.sequence() + 1,
            caches: &mut staging.caches,
            changes: Changes::with_capacity(0),
            sync: false,
        }
    }

    /// Puts its rows into memory. The record, if there are any, and whether it needs an fsync.
    pub(super) fn finish(self) -> (Option<Record>, bool) {
        // With the committer's lock, without which no layer is sealed.
        let layers = self.memory.layers();
        let record = self.changes.apply(layers.active(), self.sequence);
        (record, self.sync)
    }

    pub(super) fn write(&mut self, rows: Vec<RowChange>, sync: bool) {
        self.sync = sync;
        for (table, key, value) in rows {
            self.changes.set(table, key, value);
        }
    }

    pub(super) fn add_dead_letter(&mut self, letter: Vec<u8>) -> u64 {
        self.sync = true;
        let number = key::number(self.sequence, 1);
        self.changes
            .put(Table::DeadLetters, key::dead_letter(number), letter);
        number
    }

    pub(super) fn open(
        &mut self,
        actor: Vec<u8>,
        by: &SiloId,
        members: &Members,
    ) -> Result<OpenedHead, StoreError> {
        let Some((head, layout)) = self.head(&actor)? else {
            let before = self.former(&actor)?;
            return Ok(match before.retired_ms {
                Some(at_ms) => OpenedHead::Retired { at_ms },
                None => OpenedHead::Absent {
                    epoch: before.floor + 1,
                },
            });
        };
        Ok(match head.opened(by, members) {
            Err((owner, epoch)) => OpenedHead::Moved { owner, epoch },
            Ok(head) => {
                self.set_head(actor, head.clone(), NewState::Kept, Some(layout));
                OpenedHead::Opened(head)
            }
        })
    }

    /// Decides the commit; `actor` is the key of its rows. Returns the number of its entry in
    /// the log.
    pub(super) fn commit(
        &mut self,
        prepared: Prepared,
        actor: Vec<u8>,
    ) -> Result<Option<u64>, CommitError> {
        let refused = |error: StoreError| CommitError::Refused {
            detail: error.to_string(),
        };
        let (before, layout) = self.head(&actor).map_err(refused)?.unzip();
        let former = match before {
            Some(_) => Former::default(),
            None => self.former(&actor).map_err(refused)?,
        };
        // Nobody who never had a record has handled anything.
        let may_know = before.is_some() || former.floor > 0;
        if let Some(key) = prepared.handled.as_ref().filter(|_| may_know) {
            let earlier = self.now.get_with(Table::Handled, key, row::decode_reply);
            if let Some(earlier) = earlier.map_err(refused)? {
                return Err(CommitError::Handled(Box::new(earlier)));
            }
        }
        if let Some(at_ms) = former.retired_ms {
            return Err(CommitError::Retired { at_ms });
        }
        let head = Head::advanced(before.as_ref(), former.floor, &prepared.commit)?;
        // An actor without a commit has no rows that could be in the way.
        // Four reads less for each actor that is made.
        let is_first = head.version == 1;
        let (mut cleared, mut due) = (Vec::new(), vec![None; prepared.reminders.len()]);
        if !is_first {
            if prepared.clear {
                cleared = self.entries(&actor).map_err(refused)?;
            }
            due = self.due(&prepared).map_err(refused)?;
        }
        let (positions, stream_heads) = self.positions(&prepared.events).map_err(refused)?;

        // From here on nothing can fail: all of the commit is staged, or nothing was.
        self.sync = true;
        self.changes = prepared.changes;
        for key in cleared {
            // What the clearing turn has written stays.
            if !self.changes.has(Table::Entries, &key) {
                self.changes.remove(Table::Entries, key);
            }
        }
        let log = prepared.log.map(|entry| {
            let number = key::number(self.sequence, 1);
            let shard = prepared.commit.actor.shard();
            self.changes.put(Table::Log, key::log(shard, number), entry);
            number
        });
        for ((key, reminder), before) in prepared.reminders.into_iter().zip(due) {
            let value = reminder.as_ref().map(row::encode_reminder).map(Slice::from);
            for (key, row) in due::changes(&key, before, reminder.as_ref().zip(value.as_ref())) {
                self.changes.follow(Table::RemindersDue, key, row);
            }
            self.changes.set(Table::Reminders, key.into(), value);
        }
        for ((stream, value), position) in prepared.events.iter().zip(&positions) {
            let key = key::event(stream, *position);
            self.changes.put(Table::Events, key, value.clone());
        }
        for (stream, position) in stream_heads {
            // Ahead of the disk until the record is written. If that fails, the store has
            // stopped, and nobody asks the caches any more.
            self.caches.stream_heads.insert(stream.to_vec(), position);
        }
        let ended_before = before.and_then(|before| before.ended_ms);
        let id = &prepared.commit.actor;
        self.note_end(id, &actor, ended_before, head.ended_ms);
        self.set_head(actor, head, prepared.state, layout);
        Ok(log)
    }

    pub(super) fn former(&mut self, actor: &[u8]) -> Result<Former, StoreError> {
        let floor = self.floor(actor)?;
        // Nobody of its shard was ever retired: one read less for each actor that is made.
        if floor == 0 {
            return Ok(Former::default());
        }
        let retired_ms = self.now.get(Table::Retired, actor)?;
        Ok(Former { floor, retired_ms })
    }

    pub(super) fn floor(&mut self, actor: &[u8]) -> Result<u64, StoreError> {
        let shard = key::shard_of(actor);
        if let Some(floor) = self.caches.floors.get(shard) {
            return Ok(*floor);
        }
        let floor = self.now.get(Table::Retired, shard)?.unwrap_or(0);
        // There are no more of them than shards.
        self.caches.floors.insert(shard.to_vec(), floor);
        Ok(floor)
    }

    /// Moves the row of an actor's end, if it has moved.
    pub(super) fn note_end(
        &mut self,
        id: &ActorId,
        actor: &[u8],
        before: Option<u64>,
        after: Option<u64>,
    ) {
        if before == after {
            return;
        }
        let row = |at_ms| key::ended(id.actor_type(), at_ms, actor);
        if let Some(before) = before {
            self.changes.remove(Table::Ended, row(before));
        }
        if let Some(after) = after {
            self.changes.put(Table::Ended, row(after), row::encode(&()));
        }
    }

    pub(super) fn forget(&mut self, found: Found, now_ms: u64) -> Result<usize, StoreError> {
        let Found {
            handled,
            mut events,
            silent,
        } = found;
        let mut gone = Vec::with_capacity(handled.len());
        for key in handled {
            // The sweep saw it expired, but the message may have been handled anew.
            let reply = self.now.get_with(Table::Handled, &key, row::decode_reply)?;
            if reply.is_some_and(|reply| reply.expires_at_ms <= now_ms) {
                gone.push(key);
            }
        }
        for (stream, newest) in silent {
            // It was silent when the sweep saw it, but may have been told something since.
            if self.stream_head(&stream)? != newest {
                continue;
            }
            let oldest = self.now.scan(Table::Events, &stream, None).next();
            let oldest = oldest.transpose()?.map(|(key, _)| key);
            let last = key::event(&stream, newest);
            if oldest.is_none_or(|oldest| *oldest != *last) {
                continue;
            }
            events.push(last);
            self.caches.stream_heads.insert(stream, 0);
        }
        let count = gone.len() + events.len();
        for key in gone {
            self.changes.remove(Table::Handled, key);
        }
        for key in events {
            self.changes.remove(Table::Events, key);
        }
        Ok(count)
    }

    pub(super) fn head(&mut self, actor: &[u8]) -> Result<Option<(Head, Layout)>, StoreError> {
        if let Some(known) = self.caches.heads.get(actor) {
            return Ok(Some(known.clone()));
        }
        actor_row::head(&self.now, actor)
    }

    fn set_head(&mut self, actor: Vec<u8>, head: Head, state: NewState, before: Option<Layout>) {
        let layout = actor_row::write(&mut self.changes, &actor, &head, state, before);
        // Also into the cache: the next commit of this actor is decided on it.
        self.caches.heads.insert(actor, (head, layout));
    }

    /// The keys of every entry of the actor.
    pub(super) fn entries(&self, actor: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = self.now.scan(Table::Entries, actor, None);
        rows.map(|row| row.map(|(key, _)| key.to_vec())).collect()
    }

    /// When the reminders are due that the commit's replace, in their order.
    fn due(&self, prepared: &Prepared) -> Result<Vec<Option<u64>>, StoreError> {
        let reminders = prepared.reminders.keys();
        reminders.map(|key| due::of(&self.now, key)).collect()
    }

    /// The position of each event, and the new head of each stream.
    #[expect(clippy::type_complexity, reason = "two results of one walk")]
    fn positions<'p>(
        &mut self,
        events: &'p [(Vec<u8>, Slice)],
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
        stream_head::newest(&self.now, stream)
    }
}
