//! Takes reminders into memory before they are due.

use std::collections::HashSet;
use std::sync::Arc;

use pizza_clock::Moment;
use pizza_store::{DueAfter, DueReminder, StoreError};
use pizza_types::{ActorId, ShardSet};

use crate::core::Core;

/// The number of rows read at a time.
const PAGE: usize = 1_000;
/// How far ahead, in milliseconds, reminders are read where that is done again and again.
const SHARED_HORIZON_MS: u64 = 5_000;

/// Moves the horizon on, and reads from the store what has come to lie within it.
pub(crate) async fn look_ahead(core: &Arc<Core>) -> Result<(), StoreError> {
    let at = Moment::of(&*core.clock);
    let (from_ms, until_ms) = {
        let mut window = core.reminders.window.lock();
        let from_ms = window.until_ms;
        // From here on commits add what is due before the new horizon by themselves.
        window.changed = Some(HashSet::new());
        let durable_ms = core.durable.at(at.now_ms);
        window.until_ms = durable_ms.saturating_add(core.settings.reminder_horizon_ms);
        (from_ms, window.until_ms)
    };
    let read = read(core, from_ms, until_ms, at).await;
    let mut window = core.reminders.window.lock();
    window.changed = None;
    if read.is_err() {
        // What was not read is still beyond the horizon.
        window.until_ms = from_ms;
    }
    read
}

/// Reads what is due soon in the guarded shards, to which other silos write too: what is not there any
/// more goes, what is new or set anew comes in.
///
/// # Errors
/// When the store cannot be read; what is held stays.
pub(crate) async fn read_again(core: &Arc<Core>) -> Result<(), StoreError> {
    let at = Moment::of(&*core.clock);
    let until_ms = {
        let mut window = core.reminders.window.lock();
        window.changed = Some(HashSet::new());
        let horizon_ms = core.settings.reminder_horizon_ms.min(SHARED_HORIZON_MS);
        let durable_ms = core.durable.at(at.now_ms);
        window.until_ms = durable_ms.saturating_add(horizon_ms);
        window.until_ms
    };
    let seen = read_all(core, until_ms, at).await;
    let mut window = core.reminders.window.lock();
    let changed = window.changed.take().unwrap_or_default();
    let seen = seen?;
    window.rows.retain(|key, held| {
        held.reminder.due_ms > until_ms || seen.contains(key) || changed.contains(key)
    });
    Ok(())
}

/// Takes in what is due up to `until_ms` in the guarded shards, and tells what that is.
async fn read_all(
    core: &Arc<Core>,
    until_ms: u64,
    at: Moment,
) -> Result<HashSet<(ActorId, Arc<str>)>, StoreError> {
    let (mut after, mut seen) = (DueAfter::default(), HashSet::new());
    let of = core.membership.guarded();
    loop {
        let rows = core
            .store
            .reminders_due(&of, &after, until_ms, PAGE)
            .await?;
        let complete = rows.len() < PAGE;
        after = rows.last().map_or(after, DueReminder::place);
        let mut window = core.reminders.window.lock();
        for row in rows {
            let key = (row.actor, row.name);
            seen.insert(key.clone());
            let changed = window.changed.as_ref();
            let is_changed = changed.is_some_and(|changed| changed.contains(&key));
            let held = window.rows.get(&key);
            let is_held = held.is_some_and(|h| h.reminder.version == row.reminder.version);
            if !is_changed && !is_held {
                let reminders = &core.reminders;
                reminders.hold(&mut window, core.durable, key, row.reminder, at);
            }
        }
        // Not across the next reading: commits wait for this lock.
        drop(window);
        if complete {
            return Ok(seen);
        }
    }
}

/// Takes in what is due after `from_ms` and up to `until_ms`.
async fn read(core: &Arc<Core>, from_ms: u64, until_ms: u64, at: Moment) -> Result<(), StoreError> {
    // Up to the old horizon all are held already, or are being handled right now.
    let mut after = DueAfter {
        due_ms: if from_ms > 0 { from_ms + 1 } else { 0 },
        last: None,
    };
    loop {
        let of = &ShardSet::ALL;
        let rows = core.store.reminders_due(of, &after, until_ms, PAGE).await?;
        let complete = rows.len() < PAGE;
        after = rows.last().map_or(after, DueReminder::place);
        let mut window = core.reminders.window.lock();
        for row in rows {
            let key = (row.actor, row.name);
            let is_changed = window
                .changed
                .as_ref()
                .is_some_and(|changed| changed.contains(&key));
            if is_changed || window.rows.contains_key(&key) {
                continue;
            }
            let reminders = &core.reminders;
            reminders.hold(&mut window, core.durable, key, row.reminder, at);
        }
        // Not across the next reading: commits wait for this lock.
        drop(window);
        if complete {
            return Ok(());
        }
    }
}
