//! The platform's functions as the rest of the SDK calls them, module by module as in its WIT. In a
//! turn that was handed over whole they read and write it; otherwise, and for all else, they are
//! the imports.

#[cfg(target_arch = "wasm32")]
use crate::bindings::silo::actor as imports;
#[cfg(not(target_arch = "wasm32"))]
use crate::testing::imports;

use crate::staged;

pub(crate) use imports::{config, log, plugins};

pub(crate) mod context {
    use super::imports::context as import;
    use super::staged;
    use crate::context::Identity;
    use crate::turn_export::Actor;

    fn identity(actor: &Actor) -> Identity {
        let Actor { actor_type, key } = actor.clone();
        Identity { actor_type, key }
    }

    pub(crate) fn self_id() -> Identity {
        staged::with(|turn| identity(&turn.actor)).unwrap_or_else(import::self_id)
    }

    pub(crate) fn key() -> String {
        staged::with(|turn| turn.actor.key.clone()).unwrap_or_else(|| import::self_id().key)
    }

    pub(crate) fn message_id() -> String {
        let id = staged::with(|turn| turn.message_id);
        id.map_or_else(import::message_id, |(first, last)| {
            format!("{first:016x}{last:016x}")
        })
    }

    pub(crate) fn caller() -> Option<Identity> {
        let caller = staged::with(|turn| turn.caller.as_ref().map(identity));
        caller.unwrap_or_else(import::caller)
    }

    pub(crate) fn now() -> u64 {
        staged::with(|turn| turn.now).unwrap_or_else(import::now)
    }

    pub(crate) fn random() -> u64 {
        staged::with(staged::Staged::next_random).unwrap_or_else(import::random)
    }

    pub(crate) fn trace_id() -> String {
        let id = staged::with(|turn| turn.trace_id.clone().unwrap_or_default());
        id.unwrap_or_else(import::trace_id)
    }
}

pub(crate) mod state {
    use super::imports::state as import;
    use super::staged;
    use crate::bindings::silo::actor::state::Snapshot;
    use crate::turn_export::{Entry, State};

    pub(crate) fn get() -> Option<Snapshot> {
        match staged::with(staged::Staged::state).flatten() {
            Some(state) => state.map(|State { schema, bytes }| Snapshot { schema, bytes }),
            None => import::get(),
        }
    }

    pub(crate) fn set(snapshot: Snapshot) {
        let mut snapshot = Some(snapshot);
        staged::with(|turn| {
            if let Some(Snapshot { schema, bytes }) = snapshot.take() {
                turn.set_state(State { schema, bytes });
            }
        });
        if let Some(snapshot) = snapshot {
            import::set(&snapshot);
        }
    }

    /// By the import on both paths: an actor ends once.
    pub(crate) use import::end;

    pub(crate) fn get_entry(name: &str) -> Option<Vec<u8>> {
        let known = staged::with(|turn| turn.entry(name)).flatten();
        known.unwrap_or_else(|| import::get_entry(name))
    }

    /// Reads entries so that `get_entry` need not ask. Outside of a turn that was handed over
    /// whole nobody keeps them, and each is asked for when it is wanted.
    pub(crate) fn read_ahead(names: &[String]) {
        let unknown = staged::with(|turn| {
            let unknown = names.iter().filter(|name| turn.entry(name).is_none());
            unknown.cloned().collect::<Vec<_>>()
        });
        // As many as the host answers at once.
        for names in unknown.unwrap_or_default().chunks(1_000) {
            let entries = import::get_entries(names);
            staged::with(|turn| turn.has_read(names, entries));
        }
    }

    pub(crate) fn get_entries(names: &[String]) -> Vec<Option<Vec<u8>>> {
        let written = staged::with(|turn| names.iter().any(|name| turn.has_written(name)));
        if written == Some(true) {
            staged::flush_entries(write);
        }
        import::get_entries(names)
    }

    pub(crate) fn set_entry(name: String, bytes: Vec<u8>) {
        let bytes = Some(bytes);
        staged::entry(Entry { name, bytes }, write);
    }

    pub(crate) fn remove_entry(name: String) {
        let bytes = None;
        staged::entry(Entry { name, bytes }, write);
    }

    fn write(entry: Entry) {
        match &entry.bytes {
            Some(bytes) => import::set_entry(&entry.name, bytes),
            None => import::remove_entry(&entry.name),
        }
    }

    pub(crate) fn list_entries(prefix: &str, after: Option<&str>, limit: u32) -> Vec<String> {
        staged::flush_entries(write);
        import::list_entries(prefix, after, limit)
    }

    pub(crate) fn scan_entries(
        from: &str,
        to: Option<&str>,
        backwards: bool,
        limit: u32,
    ) -> Vec<(String, Vec<u8>)> {
        staged::flush_entries(write);
        import::scan_entries(from, to, backwards, limit)
    }

    pub(crate) fn range_entries(
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Vec<(String, Vec<u8>)> {
        staged::flush_entries(write);
        import::range_entries(prefix, after, limit)
    }
}

pub(crate) mod calls {
    use super::imports::calls as import;
    use super::staged;
    use crate::turn_export::{Effect, Message};

    pub(crate) use import::{ask, call};

    pub(crate) fn send(message: Message) {
        staged::effect(Effect::Send(message), |effect| {
            if let Effect::Send(message) = effect {
                import::send_after(
                    message.delay_ms,
                    &message.actor_type,
                    &message.key,
                    &message.method,
                    &message.arguments,
                );
            }
        });
    }
}

pub(crate) mod streams {
    use super::imports::streams as import;
    use super::staged;
    use crate::turn_export::{Effect, Publication};

    pub(crate) fn publish(publication: Publication) {
        staged::effect(Effect::Publish(publication), |effect| {
            if let Effect::Publish(event) = effect {
                import::publish(&event.name, &event.key, &event.payload);
            }
        });
    }
}

pub(crate) mod timers {
    use super::imports::timers as import;
    use super::staged;
    use crate::turn_export::{Effect, Timer};

    pub(crate) fn set(name: &str, delay_ms: u64, period_ms: Option<u64>) {
        let timer = Timer {
            name: name.to_owned(),
            delay_ms,
            period_ms,
        };
        staged::effect(Effect::SetTimer(timer), |effect| {
            if let Effect::SetTimer(timer) = effect {
                import::set(&timer.name, timer.delay_ms, timer.period_ms);
            }
        });
    }

    pub(crate) fn cancel(name: &str) {
        staged::effect(Effect::CancelTimer(name.to_owned()), |effect| {
            if let Effect::CancelTimer(name) = effect {
                import::cancel(&name);
            }
        });
    }
}

pub(crate) mod reminders {
    use super::imports::reminders as import;
    use super::staged;
    use crate::reminders::Missed;
    use crate::turn_export::{self, Alarm, Effect};

    pub(crate) fn set(name: &str, delay_ms: u64, period_ms: Option<u64>, missed: Missed) {
        let alarm = Alarm {
            name: name.to_owned(),
            delay_ms,
            period_ms,
            policy: match missed {
                Missed::All => turn_export::Missed::All,
                Missed::Last => turn_export::Missed::Last,
                Missed::Skip => turn_export::Missed::Skip,
            },
        };
        staged::effect(Effect::SetReminder(alarm), |effect| {
            if let Effect::SetReminder(alarm) = effect {
                let missed = match alarm.policy {
                    turn_export::Missed::All => Missed::All,
                    turn_export::Missed::Last => Missed::Last,
                    turn_export::Missed::Skip => Missed::Skip,
                };
                import::set(&alarm.name, alarm.delay_ms, alarm.period_ms, missed);
            }
        });
    }

    pub(crate) fn cancel(name: &str) {
        staged::effect(Effect::CancelReminder(name.to_owned()), |effect| {
            if let Effect::CancelReminder(name) = effect {
                import::cancel(&name);
            }
        });
    }
}
