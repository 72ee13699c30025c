//! Guards shards: what commits have left in the log leaves for where it goes, in order, and
//! leaves the log when it has arrived. One silo that is alone guards all of them.

use std::sync::Arc;

use pizza_clock::Moment;
use pizza_store::{LogEntry, LogKey, StoreError};
use pizza_types::ShardId;

use crate::core::Core;
use crate::outbox::Message;
use crate::relay::HandedOver;
use crate::{guarded, notices};

/// The number of rows that are read at a time when a silo takes up what another life of it left.
const PAGE: usize = 1_000;
/// How long a store that could not be read is left alone, in milliseconds.
const READ_AGAIN_MS: u64 = 100;

/// A commit has left this entry in the log, and is durable.
pub(crate) fn committed(core: &Arc<Core>, entry: LogEntry) {
    let LogKey { shard, number } = entry.key;
    if core.membership.is_alone() {
        return send(core, entry);
    }
    if !core.membership.guards(shard) {
        return notices::worker::tell(core, shard, false);
    }
    match core.guarded.hand_over(shard, number) {
        guarded::HandedOver::Next => send(core, entry),
        guarded::HandedOver::Known => {}
        guarded::HandedOver::Read => core.start_guard(shard),
    }
}

/// Reads the log of a shard and sends what is new in it, until there is nothing left.
pub(crate) async fn read(core: Arc<Core>, shard: ShardId) {
    while let Some(after) = core.guarded.next_read(shard) {
        match core.store.log(shard, after, PAGE).await {
            Ok(entries) => {
                if entries.len() == PAGE {
                    core.guarded.look(shard);
                }
                for entry in core.guarded.read(shard, entries) {
                    send(&core, entry);
                }
            }
            Err(error) => {
                tracing::error!(%error, ?shard, "the log of a shard cannot be read yet");
                core.pause(READ_AGAIN_MS).await;
                if core.is_stopping() {
                    return;
                }
                core.guarded.look(shard);
            }
        }
    }
}

/// Sends what is in an entry that is durable.
fn send(core: &Arc<Core>, entry: LogEntry) {
    let LogEntry {
        key,
        actor,
        at_ms,
        leaving,
        ..
    } = entry;
    let has_events = core.store.relays() && !leaving.events.is_empty();
    let parts = leaving.messages.len() + usize::from(has_events);
    // Its turn may have begun on another silo, long ago.
    let at = Moment::of(&*core.clock);
    let since_ms = at.now_ms.saturating_sub(at.wall_ms.saturating_sub(at_ms));
    let of = core.outbox.begin(key, since_ms, parts);
    let LogKey { shard, number } = key;
    let messages = leaving.messages.into_iter();
    let messages = messages.map(|envelope| Message::of(&of, &actor, envelope));
    core.start_lanes(messages.filter_map(|message| core.outbox.send(message)));
    if has_events {
        match core.relay.hand_over(shard, number, Arc::clone(&of)) {
            HandedOver::Start => core.start_relay(shard),
            HandedOver::Known { arrived: true } => core.outbox.arrived(&of),
            HandedOver::Known { arrived: false } => {}
        }
    }
}

/// Takes up what had not arrived before the silo stopped last time; returns how many
/// messages that is.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn take_up(core: &Arc<Core>) -> Result<usize, StoreError> {
    let mut count = 0;
    for shard in core.store.log_shards(&core.membership.guarded()).await? {
        let mut after = 0;
        loop {
            let entries = core.store.log(shard, after, PAGE).await?;
            let complete = entries.len() < PAGE;
            // By number, not by count: entries that arrive meanwhile leave the store.
            after = entries.last().map_or(after, |entry| entry.key.number);
            for entry in entries {
                count += entry.leaving.messages.len();
                send(core, entry);
            }
            if complete {
                break;
            }
        }
    }
    Ok(count + take_up_delayed(core).await?)
}

/// Takes up the messages of guarded shards that are to leave later, those that it knows of already aside.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn take_up_delayed(core: &Arc<Core>) -> Result<usize, StoreError> {
    let (mut count, mut after) = (0, None);
    let of = core.membership.guarded();
    loop {
        let rows = core.store.delayed(&of, after.as_ref(), PAGE).await?;
        let complete = rows.len() < PAGE;
        after = rows.last().map(|row| row.key.clone());
        let rows = rows.into_iter();
        let rows: Vec<_> = rows.filter(|row| core.outbox.is_new(&row.key)).collect();
        count += rows.len();
        let now_ms = core.clock.now_ms();
        let later = |row| core.outbox.send_later(core.durable, row, now_ms);
        core.start_lanes(rows.into_iter().filter_map(later));
        if complete {
            return Ok(count);
        }
    }
}
