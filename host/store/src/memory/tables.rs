//! The rows themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{
    ActorId, CellName, EntryLimit, EntryMap, EntryPage, EntryRange, MessageId, ShardId, SiloId,
    State,
};

use crate::actors::StoredActor;
use crate::apply::Head;
use crate::cells::Outbound;
use crate::dead_letters::DeadLetter;
use crate::log::{LogEntry, StreamKey};
use crate::membership::View;
use crate::reminders::{DelayedKey, DelayedRow, Reminder};
use crate::reply::StoredReply;
use crate::streams::StoredEvent;

/// The name of a cursor: subscriber, stream, key.
pub(super) type CursorName = (String, String, String);

#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) actors: BTreeMap<ActorId, Actor>,
    pub(super) handled: BTreeMap<(ActorId, MessageId), StoredReply>,
    pub(super) log: BTreeMap<ShardId, BTreeMap<u64, LogEntry>>,
    /// The number of the newest entry of each shard, also when it is gone.
    pub(super) log_newest: BTreeMap<ShardId, u64>,
    pub(super) delayed: BTreeMap<DelayedKey, DelayedRow>,
    pub(super) reminders: BTreeMap<(ActorId, Arc<str>), Reminder>,
    /// The reminders again, soonest first.
    pub(super) due: BTreeSet<(u64, ActorId, Arc<str>)>,
    pub(super) streams: BTreeMap<StreamKey, Stream>,
    pub(super) cursors: BTreeMap<CursorName, u64>,
    pub(super) dead_letters: BTreeMap<u64, DeadLetter>,
    /// The number of dead letters so far. Those that are gone count too, so that no number is
    /// given twice.
    pub(super) letters_so_far: u64,
    pub(super) facts: BTreeMap<String, Bytes>,
    /// Actors that have ended, by their type and the time of that.
    pub(super) ended: BTreeSet<(Arc<str>, u64, ActorId)>,
    /// When actors were retired.
    pub(super) retired: BTreeMap<ActorId, u64>,
    /// The same, by time.
    pub(super) retired_by_time: BTreeSet<(u64, ActorId)>,
    /// The highest epoch of the actors that were retired, by shard.
    pub(super) epoch_floors: BTreeMap<ShardId, u64>,
    pub(super) view: View,
    pub(super) heartbeats: BTreeMap<SiloId, u64>,
    pub(super) parked: BTreeMap<CellName, Parked>,
    /// Where the last sweep stopped, so that the next one goes on from there.
    pub(super) swept: Swept,
}

#[derive(Debug, Clone)]
pub(super) struct Actor {
    pub(super) head: Head,
    pub(super) state: Option<State>,
    pub(super) entries: EntryMap,
}

#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The position of the newest event. It outlives the events that it counts.
    pub(super) head: u64,
    pub(super) events: BTreeMap<u64, StoredEvent>,
    /// The newest entry of each shard's log of which the stream has the events.
    pub(super) relayed: BTreeMap<ShardId, u64>,
    /// The same of the shards of other cells.
    pub(super) relayed_from: BTreeMap<(CellName, ShardId), u64>,
}

/// What waits for another cell.
#[derive(Debug, Default)]
pub(super) struct Parked {
    pub(super) newest: u64,
    pub(super) rows: BTreeMap<u64, Outbound>,
}

#[derive(Debug, Default)]
pub(super) struct Swept {
    pub(super) handled: Option<(ActorId, MessageId)>,
    pub(super) events: Option<StreamKey>,
}

pub(super) fn cursor_name(subscriber: &str, stream: &str, key: &str) -> CursorName {
    (subscriber.to_owned(), stream.to_owned(), key.to_owned())
}

impl Tables {
    /// The actor with as many of its entries as the limit allows.
    pub(super) fn stored(&self, actor: &ActorId, limit: EntryLimit) -> Option<StoredActor> {
        let row = self.actors.get(actor)?;
        let reminders = self.reminders_of(actor);
        let reminders = reminders.map(|(name, r)| (Arc::clone(name), r.clone()));
        let all = EntryRange::with_prefix("", None);
        let EntryPage { entries, more } = row.entries.page(&all, limit);
        Some(StoredActor {
            record: row.head.clone().with_state(row.state.clone()),
            entries: entries.into_iter().collect(),
            more,
            reminders: reminders.collect(),
        })
    }

    pub(super) fn reminders_of<'a>(
        &'a self,
        actor: &'a ActorId,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Reminder)> {
        // No name is before the empty one.
        let own = self.reminders.range((actor.clone(), Arc::from(""))..);
        let own = own.take_while(move |((of, _), _)| of == actor);
        own.map(|((_, name), reminder)| (name, reminder))
    }

    pub(super) fn stream(&self, stream: &str, key: &str) -> Option<&Stream> {
        let (stream, key) = (stream.into(), key.into());
        self.streams.get(&StreamKey { stream, key })
    }
}
