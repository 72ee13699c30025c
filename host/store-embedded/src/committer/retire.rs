//! Actors that are retired.

use fjall::Slice;
use pizza_store::{Retirement, StoreError};

use super::request::Request;
use crate::table::Table;
use crate::{actor_row, due, key, row};

/// All rows of an actor that is to be retired.
struct Leaving {
    of: Retirement,
    actor: Vec<u8>,
    epoch: u64,
    rows: Vec<(Table, Vec<u8>)>,
    /// By time.
    reminders: Vec<Slice>,
}

impl Request<'_> {
    pub(super) fn retire(&mut self, all: Vec<Retirement>) -> Result<Vec<bool>, StoreError> {
        // All reading before the first row: an error leaves nothing behind.
        let found = all.into_iter().map(|of| self.leaving(of));
        let found: Vec<Option<Leaving>> = found.collect::<Result<_, _>>()?;
        let mut retired = Vec::with_capacity(found.len());
        for leaving in found {
            retired.push(leaving.is_some());
            if let Some(leaving) = leaving {
                self.remove_all(leaving);
            }
        }
        Ok(retired)
    }

    fn leaving(&mut self, of: Retirement) -> Result<Option<Leaving>, StoreError> {
        let actor = key::actor(&of.actor);
        let known = self.head(&actor)?;
        let Some((head, layout)) = known.filter(|(head, _)| head.may_retire(of.version)) else {
            return Ok(None);
        };
        // So that it is known when it is raised.
        self.floor(&actor)?;
        let tables = actor_row::tables(layout).iter();
        let mut rows: Vec<_> = tables.map(|table| (*table, actor.clone())).collect();
        if let Some(ended_ms) = head.ended_ms {
            let row = key::ended(of.actor.actor_type(), ended_ms, &actor);
            rows.push((Table::Ended, row));
        }
        let entries = self.entries(&actor)?.into_iter();
        rows.extend(entries.map(|key| (Table::Entries, key)));
        let mut reminders = Vec::new();
        for found in self.now.scan(Table::Reminders, &actor, None) {
            let (at, value) = found?;
            let reminder = row::decode_reminder(Table::Reminders, &at, &value)?;
            let due = due::changes(&at, Some(reminder.due_ms), None);
            reminders.extend(due.map(|(key, _)| key));
            rows.push((Table::Reminders, at.to_vec()));
        }
        for found in self.now.scan(Table::Delayed, &actor, None) {
            rows.push((Table::Delayed, found?.0.to_vec()));
        }
        let epoch = head.epoch;
        Ok(Some(Leaving {
            of,
            actor,
            epoch,
            rows,
            reminders,
        }))
    }

    fn remove_all(&mut self, leaving: Leaving) {
        let Leaving {
            of,
            actor,
            epoch,
            rows,
            reminders,
        } = leaving;
        self.sync = true;
        for (table, key) in rows {
            self.changes.remove(table, key);
        }
        for key in reminders {
            self.changes.follow(Table::RemindersDue, key, None);
        }
        self.caches.heads.remove(&actor);
        let shard = key::shard_of(&actor).to_vec();
        let at_ms = row::encode(&of.now_ms);
        let by_time = key::ended(key::RETIRED, of.now_ms, &actor);
        self.changes.put(Table::Ended, by_time, row::encode(&()));
        self.changes.put(Table::Retired, actor, at_ms);
        let floor = self.caches.floors.entry(shard.clone()).or_default();
        if epoch > *floor {
            *floor = epoch;
            let value = row::encode(&epoch);
            self.changes.put(Table::Retired, shard, value);
        }
    }
}
