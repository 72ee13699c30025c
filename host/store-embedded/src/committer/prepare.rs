//! The part of a commit that needs nothing of the store is done by the asker, on its
//! own thread: the committer is one for all.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_store::{Commit, NewEvent, Reminder, StoredReply};
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
    /// For each event the key of its stream, and its row.
    pub(crate) events: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) bytes: usize,
    /// What is left of the commit: its conditions.
    pub(crate) commit: Commit,
}

impl Prepared {
    pub(crate) fn new(commit: Commit) -> Self {
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
        if let Some(handled) = &commit.handled {
            let reply = row::encode(&StoredReply {
                fingerprint: handled.fingerprint,
                reply: handled.reply.clone(),
                declined: handled.declined,
                expires_at_ms: handled.expires_at_ms,
            });
            rows.push((
                Table::Handled,
                key::handled(&actor, handled.id),
                Some(reply),
            ));
        }
        for write in &commit.outbox {
            let value = row::encode(&row::OutboxRef {
                not_before_ms: write.not_before_ms,
                envelope: &write.envelope,
            });
            // The version that the commit makes; if it is stale, none of its rows are written.
            let key = key::outbox(&actor, commit.version.saturating_add(1), write.index);
            rows.push((Table::Outbox, key, Some(value)));
        }
        if let Some(cursor) = &commit.cursor {
            let key = key::names(&[&cursor.subscriber, &cursor.stream, &cursor.key]);
            rows.push((Table::Cursors, key, Some(row::encode(&cursor.position))));
        }
        let reminder_key = |name: &Arc<str>| key::of_actor(&actor, name);
        let reminders = commit.reminders.iter();
        let reminders = reminders.map(|w| (reminder_key(&w.name), w.reminder.clone()));
        let event = |event: &NewEvent| {
            let value = row::encode(&row::Event {
                at_ms: commit.now_ms,
                payload: event.payload.clone(),
            });
            (key::names(&[&event.stream, &event.key]), value)
        };
        let events: Vec<_> = commit.events.iter().map(event).collect();
        let row_bytes =
            |(_, key, value): &RowChange| key.len() + value.as_ref().map_or(0, Vec::len);
        let event_bytes = events.iter().map(|(key, value)| key.len() + value.len());
        Self {
            clear: commit.state == StateWrite::Clear,
            reminders: reminders.collect(),
            bytes: rows.iter().map(row_bytes).sum::<usize>() + event_bytes.sum::<usize>(),
            actor_key: actor,
            rows,
            events,
            commit,
        }
    }
}
