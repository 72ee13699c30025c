//! The part of a commit that needs nothing of the store is done before the committer's lock is
//! taken: there is one for all.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_store::{Commit, Reminder};
use pizza_types::StateWrite;

use crate::actor_row::NewState;
use crate::changes::Changes;
use crate::table::Table;
use crate::{key, row};

pub(crate) struct Prepared {
    /// The rows whose keys and values depend on the commit alone.
    pub(crate) changes: Changes,
    pub(crate) state: NewState,
    /// Whether the state and every entry that is not among them go.
    pub(crate) clear: bool,
    /// The reminders by the key of their row, each once.
    pub(crate) reminders: BTreeMap<Vec<u8>, Option<Reminder>>,
    /// The key of the dedupe record.
    pub(crate) handled: Option<Vec<u8>>,
    /// For each event, and each stream that it belongs to, the key of the stream and its row.
    pub(crate) events: Vec<(Vec<u8>, fjall::Slice)>,
    /// The row of the log; `None` when no message leaves.
    pub(crate) log: Option<Vec<u8>>,
    /// What is left of the commit: its conditions.
    pub(crate) commit: Arc<Commit>,
}

impl Prepared {
    /// `actor` is the key of its rows.
    pub(crate) fn new(commit: Arc<Commit>, actor: &[u8]) -> Self {
        // The actor, a reply, entries, a cursor, an event and its stream, and the log: most turns
        // write no more.
        let mut changes = Changes::with_capacity(8 + commit.entries.len());
        let state = match &commit.state {
            StateWrite::Keep => NewState::Kept,
            StateWrite::Set(state) => NewState::set(Some(state)),
            StateWrite::Clear => NewState::set(None),
        };
        for write in &commit.entries {
            let value = write.bytes.as_ref().map(row::encode);
            let key = key::of_actor(actor, &write.name);
            changes.set(Table::Entries, key.into(), value.map(Into::into));
        }
        for write in &commit.delayed {
            let value = row::encode(&row::DelayedRef {
                not_before_ms: write.not_before_ms,
                envelope: &write.envelope,
            });
            // The version that the commit makes; if it is stale, none of its rows are written.
            let key = key::delayed(actor, commit.version.saturating_add(1), write.index);
            changes.put(Table::Delayed, key, value);
        }
        if let Some(cursor) = &commit.cursor {
            let key = key::names(&[&cursor.subscriber, &cursor.stream, &cursor.key]);
            changes.put(Table::Cursors, key, row::encode(&cursor.position));
        }
        let handled = commit.handled.as_ref().map(|handled| {
            let key = key::handled(actor, handled.id);
            changes.put(Table::Handled, &*key, row::encode_reply(&handled.reply));
            key
        });
        let reminder_key = |name: &Arc<str>| key::of_actor(actor, name);
        let reminders = commit.reminders.iter();
        let reminders = reminders.map(|w| (reminder_key(&w.name), w.reminder.clone()));
        Self {
            changes,
            state,
            clear: commit.state == StateWrite::Clear,
            reminders: reminders.collect(),
            handled,
            events: events(&commit),
            log: log(&commit),
            commit,
        }
    }

    /// About how much of the log it takes.
    pub(crate) fn bytes(&self) -> usize {
        let events = self.events.iter().map(|(key, row)| key.len() + row.len());
        let log = self.log.as_ref().map_or(0, Vec::len);
        self.changes.bytes() + self.state.bytes() + events.sum::<usize>() + log
    }
}

fn events(commit: &Commit) -> Vec<(Vec<u8>, fjall::Slice)> {
    let mut events = Vec::with_capacity(commit.leaving.events.len());
    for event in &commit.leaving.events {
        let value = fjall::Slice::from(row::encode(&row::Event {
            at_ms: commit.now_ms,
            payload: event.payload.clone(),
        }));
        for of in &event.keys {
            events.push((key::names(&[&of.stream, &of.key]), value.clone()));
        }
    }
    events
}

fn log(commit: &Commit) -> Option<Vec<u8>> {
    let messages = &commit.leaving.messages;
    (!messages.is_empty()).then(|| {
        row::encode(&row::EntryRef {
            actor: &commit.actor,
            version: commit.version.saturating_add(1),
            at_ms: commit.now_ms,
            messages,
        })
    })
}
