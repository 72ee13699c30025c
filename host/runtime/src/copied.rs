//! Copies of actors, for somebody to keep elsewhere.

use pizza_clock::Moment;
use pizza_store::StoredActor;

use crate::core::Core;

/// People read dates, and not times of the durable clock.
pub(crate) fn date(core: &Core, stored: &mut StoredActor) {
    let at = Moment::of(&*core.clock);
    let record = &mut stored.record;
    record.ended_ms = record.ended_ms.map(|ms| core.durable.date_of(ms, at));
    for reminder in stored.reminders.values_mut() {
        reminder.due_ms = core.durable.date_of(reminder.due_ms, at);
    }
}

/// The bytes of state and entries.
pub(crate) fn size(stored: &StoredActor) -> usize {
    let state = stored.record.state.as_ref().map_or(0, |s| s.bytes.len());
    let entries = stored.entries.iter();
    state
        + entries
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>()
}
