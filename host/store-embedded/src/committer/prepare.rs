//! The part of a commit that needs nothing of the store is done by the asker, on its
//! own thread: the committer is one for all.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_store::{Commit, Reminder};
use pizza_types::StateWrite;

use crate::overlay::RowChange;
use crate::table::Table;
use crate::{key, row};

pub(crate) struct Prepared {
    pub(crate) actor_key: Vec<u8>,
    /// Whether the state and every entry go, before `rows` are set.
    pub(crate) clear: bool,
    pub(crate) rows: Vec<RowChange>,
    /// The reminders by the key of their row, each once.
    pub(crate) reminders: BTreeMap<Vec<u8>, Option<Reminder>>,
    /// The key and the row of the dedupe record.
    pub(crate) handled: Option<(Vec<u8>, Vec<u8>)>,
    /// For each event, and each stream that it belongs to, the key of the stream and its row.
    pub(crate) events: Vec<(Vec<u8>, Vec<u8>)>,
    /// The row of the log; `None` when no message leaves.
    pub(crate) log: Option<Vec<u8>>,
    pub(crate) bytes: usize,
    /// What is left of the commit: its conditions.
    pub(crate) commit: Arc<Commit>,
}

impl Prepared {
    pub(crate) fn new(commit: Arc<Commit>) -> Self {
        let actor = key::actor(&commit.actor);
        // State, reply, an outbox row and a cursor: most turns write no more.
        let mut rows = Vec::with_capacity(4);
        if let StateWrite::Set(state) = &commit.state {
            rows.push((Table::States, actor.clone(), Some(row::encode(state))));
        }
        for write in &commit.entries {
            let value = write.bytes.as_ref().map(row::encode);
            rows.push((Table::Entries, key::of_actor(&actor, &write.name), value));
        }
        for write in &commit.delayed {
            let value = row::encode(&row::DelayedRef {
                not_before_ms: write.not_before_ms,
                envelope: &write.envelope,
            });
            // The version that the commit makes; if it is stale, none of its rows are written.
            let key = key::delayed(&actor, commit.version.saturating_add(1), write.index);
            rows.push((Table::Delayed, key, Some(value)));
        }
        if let Some(cursor) = &commit.cursor {
            let key = key::names(&[&cursor.subscriber, &cursor.stream, &cursor.key]);
            rows.push((Table::Cursors, key, Some(row::encode(&cursor.position))));
        }
        let reminder_key = |name: &Arc<str>| key::of_actor(&actor, name);
        let reminders = commit.reminders.iter();
        let reminders = reminders.map(|w| (reminder_key(&w.name), w.reminder.clone()));
        let handled = commit.handled.as_ref().map(|handled| {
            let key = key::handled(&actor, handled.id);
            (key, row::encode_reply(&handled.reply))
        });
        let mut events = Vec::with_capacity(commit.leaving.events.len());
        for event in &commit.leaving.events {
            let value = row::encode(&row::Event {
                at_ms: commit.now_ms,
                payload: event.payload.clone(),
            });
            for of in &event.keys {
                events.push((key::names(&[&of.stream, &of.key]), value.clone()));
            }
        }
        let messages = &commit.leaving.messages;
        let log = (!messages.is_empty()).then(|| {
            row::encode(&row::EntryRef {
                actor: &commit.actor,
                version: commit.version.saturating_add(1),
                at_ms: commit.now_ms,
                messages,
            })
        });
        let row_bytes =
            |(_, key, value): &RowChange| key.len() + value.as_ref().map_or(0, Vec::len);
        let pair_bytes = |(key, value): &(Vec<u8>, Vec<u8>)| key.len() + value.len();
        let bytes = rows.iter().map(row_bytes).sum::<usize>()
            + events.iter().chain(&handled).map(pair_bytes).sum::<usize>()
            + log.as_ref().map_or(0, Vec::len);
        Self {
            clear: commit.state == StateWrite::Clear,
            reminders: reminders.collect(),
            bytes,
            actor_key: actor,
            rows,
            handled,
            events,
            log,
            commit,
        }
    }
}
