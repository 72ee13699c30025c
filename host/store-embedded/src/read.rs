//! The queries.

use std::sync::Arc;

use bytes::Bytes;
use pizza_store::{
    ActorRecord, DelayedKey, DelayedRow, DueAfter, DueReminder, EndedActor, EndedAfter, HandledRow,
    Inspected, Leaving, LogEntry, LogKey, Reminder, StoreError, StoredActor, StoredDeadLetter,
    StoredEvent,
};
use pizza_types::{
    ActorId, EntryLimit, EntryPage, EntryRange, MessageId, SHARDS, ShardId, ShardSet,
};

use crate::row::{damaged, decode, decode_reminder};
use crate::table::Table;
use crate::view::View;
use crate::{actor_row, entries, key, row, stream_head};

/// All of an actor, however much that is.
const EVERYTHING: EntryLimit = EntryLimit {
    entries: usize::MAX,
    bytes: usize::MAX,
};

/// Reads what the owner goes on from, with as many entries as the limit allows.
pub(crate) fn stored(
    view: &View,
    actor: &[u8],
    record: ActorRecord,
    limit: EntryLimit,
) -> Result<StoredActor, StoreError> {
    let all = EntryRange::with_prefix("", None);
    let EntryPage { entries, more } = entries::page(view, actor, &all, limit)?;
    let reminders = reminders(view, actor).collect::<Result<_, _>>()?;
    Ok(StoredActor {
        record,
        entries: entries.into_iter().collect(),
        more,
        reminders,
    })
}

fn reminders(
    view: &View,
    actor: &[u8],
) -> impl Iterator<Item = Result<(Arc<str>, Reminder), StoreError>> {
    view.scan(Table::Reminders, actor, None).map(|row| {
        let (at, value) = row?;
        let name = at.get(actor.len()..).and_then(key::take_name);
        let (name, _) = name.ok_or_else(|| damaged(Table::Reminders, &at, "its key"))?;
        let reminder = decode_reminder(Table::Reminders, &at, &value)?;
        Ok((Arc::from(name), reminder))
    })
}

/// The number of shards searched before others get their turn on this thread: each is a seek of
/// its own.
const SHARDS_AT_ONCE: u16 = 32;

/// The keys of the actors of a type, by shard and then by key.
pub(crate) async fn actors(
    view: &View,
    actor_type: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Arc<str>>, StoreError> {
    // What cannot be an actor has no successors either.
    let after = after.map(|key| ActorId::new(actor_type, key));
    let Ok(after) = after.transpose() else {
        return Ok(Vec::new());
    };
    let first = after.as_ref().map_or(0, |id| id.shard().0);
    // Only the first shard has a row to begin behind; the others are read from their start.
    let mut after = after.as_ref().map(key::actor);
    let mut keys = Vec::new();
    for shard in first..SHARDS {
        let mut prefix = key::shard(ShardId(shard));
        key::push_name(&mut prefix, actor_type);
        for row in view.scan(Table::Actors, &prefix, after.take().as_deref()) {
            if keys.len() >= limit {
                return Ok(keys);
            }
            let (at, _) = row?;
            let id = key::take_actor(&at);
            let (id, _) = id.ok_or_else(|| damaged(Table::Actors, &at, "its key"))?;
            keys.push(Arc::clone(id.key()));
        }
        if shard % SHARDS_AT_ONCE == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(keys)
}

pub(crate) fn facts(
    view: &View,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, Bytes)>, StoreError> {
    let mut start = key::names(&[prefix]);
    // A longer name does not end here.
    start.pop();
    let after = after.filter(|after| after.starts_with(prefix));
    let after = after.map(|name| key::names(&[name]));
    let mut facts = Vec::new();
    for row in view
        .scan(Table::Facts, &start, after.as_deref())
        .take(limit)
    {
        let (at, value) = row?;
        let name = key::take_name(&at);
        let (name, _) = name.ok_or_else(|| damaged(Table::Facts, &at, "its name"))?;
        facts.push((name, row::decode(Table::Facts, &at, &value)?));
    }
    Ok(facts)
}

pub(crate) fn record(view: &View, actor: &[u8]) -> Result<Option<ActorRecord>, StoreError> {
    let found = actor_row::read(view, actor)?;
    Ok(found.map(|(head, state)| head.with_state(state)))
}

pub(crate) fn copy(view: &View, actor: &[u8]) -> Result<Option<StoredActor>, StoreError> {
    let record = record(view, actor)?;
    record
        .map(|record| stored(view, actor, record, EVERYTHING))
        .transpose()
}

pub(crate) fn inspect(
    view: &View,
    actor: &[u8],
    reminders_max: usize,
) -> Result<Option<Inspected>, StoreError> {
    let Some(record) = record(view, actor)? else {
        return Ok(None);
    };
    let mut entries = 0;
    for row in view.scan(Table::Entries, actor, None) {
        row?;
        entries += 1;
    }
    let reminders = reminders(view, actor).take(reminders_max);
    let reminders = reminders.collect::<Result<_, _>>()?;
    Ok(Some(Inspected {
        record,
        entries,
        reminders,
    }))
}

pub(crate) fn all_handled(
    view: &View,
    actor: &[u8],
    after: Option<MessageId>,
    limit: usize,
) -> Result<Vec<HandledRow>, StoreError> {
    let after = after.map(|id| key::handled(actor, id));
    let rows = view.scan(Table::Handled, actor, after.as_deref());
    rows.take(limit)
        .map(|row| {
            let (at, value) = row?;
            let id = at.get(actor.len()..).and_then(key::take_message);
            let id = id.ok_or_else(|| damaged(Table::Handled, &at, "its key"))?;
            let reply = row::decode_reply(Table::Handled, &at, &value)?;
            Ok(HandledRow { id, reply })
        })
        .collect()
}

pub(crate) fn delayed(
    view: &View,
    of: &ShardSet,
    after: Option<&DelayedKey>,
    limit: usize,
) -> Result<Vec<DelayedRow>, StoreError> {
    let after = after.map(key::delayed_of);
    let mut delayed = Vec::new();
    for row in view.scan(Table::Delayed, &[], after.as_deref()) {
        if delayed.len() == limit {
            break;
        }
        let (at, value) = row?;
        let key = key::take_delayed(&at);
        let key = key.ok_or_else(|| damaged(Table::Delayed, &at, "its key"))?;
        if !of.contains(key.shard) {
            continue;
        }
        let row: row::Delayed = decode(Table::Delayed, &at, &value)?;
        delayed.push(DelayedRow {
            key,
            not_before_ms: row.not_before_ms,
            envelope: row.envelope,
        });
    }
    Ok(delayed)
}

pub(crate) fn log_shards(view: &View, of: &ShardSet) -> Result<Vec<ShardId>, StoreError> {
    let mut shards = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    // From shard to shard, past the entries of each.
    while let Some(row) = view.scan(Table::Log, &[], after.as_deref()).next() {
        let (at, _) = row?;
        let found = key::take_log(&at);
        let (shard, _) = found.ok_or_else(|| damaged(Table::Log, &at, "its key"))?;
        if of.contains(shard) {
            shards.push(shard);
        }
        after = Some(key::log(shard, u64::MAX));
    }
    Ok(shards)
}

pub(crate) fn log(
    view: &View,
    shard: ShardId,
    after: u64,
    limit: usize,
) -> Result<Vec<LogEntry>, StoreError> {
    let after = key::log(shard, after);
    let rows = view.scan(Table::Log, &key::shard(shard), Some(&after));
    rows.take(limit)
        .map(|row| {
            let (at, value) = row?;
            let found = key::take_log(&at);
            let (shard, number) = found.ok_or_else(|| damaged(Table::Log, &at, "its key"))?;
            let row: row::Entry = decode(Table::Log, &at, &value)?;
            Ok(LogEntry {
                key: LogKey { shard, number },
                actor: row.actor,
                version: row.version,
                at_ms: row.at_ms,
                leaving: Leaving {
                    messages: row.messages,
                    events: Vec::new(),
                },
            })
        })
        .collect()
}

pub(crate) fn reminders_due(
    view: &View,
    of: &ShardSet,
    after: &DueAfter,
    until_ms: u64,
    limit: usize,
) -> Result<Vec<DueReminder>, StoreError> {
    let mut start = after.due_ms.to_be_bytes().to_vec();
    // Without a last one the time alone: it is before every key that begins with it.
    if let Some((actor, name)) = &after.last {
        start.extend(key::of_actor(&key::actor(actor), name));
    }
    let mut due = Vec::new();
    for row in view.scan(Table::RemindersDue, &[], Some(&start)) {
        if due.len() == limit {
            break;
        }
        let (at, value) = row?;
        let parsed = key::take_u64(&at).and_then(|(due_ms, rest)| {
            let (actor, rest) = key::take_actor(rest)?;
            Some((due_ms, actor, key::take_name(rest)?.0))
        });
        let (due_ms, actor, name) =
            parsed.ok_or_else(|| damaged(Table::RemindersDue, &at, "its key"))?;
        if due_ms > until_ms {
            break;
        }
        // A silo that is alone has all of them, and need not know which shard each is in.
        if *of != ShardSet::ALL && !of.contains(actor.shard()) {
            continue;
        }
        due.push(DueReminder {
            actor,
            name: Arc::from(name),
            reminder: decode_reminder(Table::RemindersDue, &at, &value)?,
        });
    }
    Ok(due)
}

/// Actors that have ended, or with the type of those, that were retired.
pub(crate) fn ended(
    view: &View,
    actor_type: &str,
    after: &EndedAfter,
    until_ms: u64,
    limit: usize,
) -> Result<Vec<EndedActor>, StoreError> {
    let last = after.last.as_ref().map(key::actor).unwrap_or_default();
    // Without a last one it is before every key of its time.
    let start = key::ended(actor_type, after.ended_ms, &last);
    let rows = view.scan(Table::Ended, &key::names(&[actor_type]), Some(&start));
    let mut found = Vec::new();
    for row in rows.take(limit) {
        let (at, _) = row?;
        let parsed = key::take_ended(&at);
        let (ended_ms, actor) = parsed.ok_or_else(|| damaged(Table::Ended, &at, "its key"))?;
        if ended_ms > until_ms {
            break;
        }
        found.push(EndedActor { actor, ended_ms });
    }
    Ok(found)
}

pub(crate) fn events(
    view: &View,
    stream: &[u8],
    after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let start = key::event(stream, after);
    // A subscriber that keeps up is given what lies in memory. Positions have no gaps, and what is
    // in memory came later: if it has the next event, it has all that are behind it.
    let mut newest = view
        .scan_newest(Table::Events, stream, Some(&start))
        .peekable();
    let next = key::event(stream, after.saturating_add(1));
    let has_next = matches!(newest.peek(), Some(Ok((at, _))) if **at == *next);
    if has_next {
        return events_of(newest.take(limit), stream);
    }
    let rows = view.scan(Table::Events, stream, Some(&start));
    events_of(rows.take(limit), stream)
}

fn events_of(
    rows: impl Iterator<Item = Result<(fjall::Slice, fjall::Slice), StoreError>>,
    stream: &[u8],
) -> Result<Vec<StoredEvent>, StoreError> {
    rows.map(|row| {
        let (at, value) = row?;
        let position = at.get(stream.len()..).and_then(key::take_u64);
        let (position, _) = position.ok_or_else(|| damaged(Table::Events, &at, "its key"))?;
        let row: row::Event = decode(Table::Events, &at, &value)?;
        Ok(StoredEvent {
            position,
            at_ms: row.at_ms,
            payload: row.payload,
        })
    })
    .collect()
}

pub(crate) fn stream_heads(view: &View, stream: &[u8]) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
    let heads = stream_head::all(view, stream)?.into_iter();
    heads
        .map(|(at, head)| {
            let name = at.get(stream.len()..).and_then(key::take_name);
            let (name, _) = name.ok_or_else(|| damaged(Table::StreamHeads, &at, "its key"))?;
            Ok((Arc::from(name), head))
        })
        .collect()
}

pub(crate) fn dead_letters(
    view: &View,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredDeadLetter>, StoreError> {
    let after = key::dead_letter(after);
    view.scan(Table::DeadLetters, &[], Some(&after))
        .take(limit)
        .map(|row| {
            let (at, value) = row?;
            let id = key::take_dead_letter(&at);
            let id = id.ok_or_else(|| damaged(Table::DeadLetters, &at, "its key"))?;
            let letter = decode(Table::DeadLetters, &at, &value)?;
            Ok(StoredDeadLetter { id, letter })
        })
        .collect()
}
