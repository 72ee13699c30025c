//! The functions of the platform, module by module as in its WIT, served by the test host.

use super::host_state::with;

pub(crate) mod context {
    use super::with;
    use crate::context::Identity;

    pub(crate) fn self_id() -> Identity {
        with(|host| host.id.clone())
    }

    pub(crate) fn message_id() -> String {
        with(|host| format!("{:032x}", host.message))
    }

    pub(crate) fn caller() -> Option<Identity> {
        with(|host| host.caller.clone())
    }

    pub(crate) fn now() -> u64 {
        with(|host| host.now_ms)
    }

    /// Random numbers that are the same in every run (splitmix64).
    pub(crate) fn random() -> u64 {
        with(|host| {
            host.random = host.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (host.random ^ (host.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        })
    }

    pub(crate) fn trace_id() -> String {
        String::new()
    }
}

pub(crate) mod state {
    use std::ops::Bound;

    use super::with;
    use crate::bindings::silo::actor::state::Snapshot;

    pub(crate) fn get() -> Option<Snapshot> {
        with(|host| host.durable.snapshot.clone())
    }

    pub(crate) fn set(snapshot: &Snapshot) {
        with(|host| host.durable.snapshot = Some(snapshot.clone()));
    }

    pub(crate) fn end() {
        with(|host| host.durable.ended = true);
    }

    pub(crate) fn get_entry(name: &str) -> Option<Vec<u8>> {
        with(|host| {
            let entry = host.durable.entries.get(name).cloned();
            host.entries_read += usize::from(entry.is_some());
            entry
        })
    }

    pub(crate) fn set_entry(name: &str, bytes: &[u8]) {
        with(|host| {
            host.durable
                .entries
                .insert(name.to_owned(), bytes.to_owned())
        });
    }

    pub(crate) fn remove_entry(name: &str) {
        with(|host| host.durable.entries.remove(name));
    }

    pub(crate) fn list_entries(prefix: &str, after: Option<&str>, limit: u32) -> Vec<String> {
        let names = names(prefix, after, limit);
        with(|host| host.entries_read += names.len());
        names
    }

    fn names(prefix: &str, after: Option<&str>, limit: u32) -> Vec<String> {
        // What is before the prefix would be a row of another table.
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        with(|host| {
            let names = host
                .durable
                .entries
                .range::<str, _>((from, Bound::Unbounded))
                .map(|(name, _)| name);
            names
                .take_while(|name| name.starts_with(prefix))
                .take(limit as usize)
                .cloned()
                .collect()
        })
    }

    pub(crate) fn scan_entries(
        from: &str,
        to: Option<&str>,
        backwards: bool,
        limit: u32,
    ) -> Vec<(String, Vec<u8>)> {
        if to.is_some_and(|to| to <= from) {
            return Vec::new();
        }
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        with(|host| {
            let range = (Bound::Included(from), to);
            let entries = host.durable.entries.range::<str, _>(range);
            let entries = entries.map(|(name, bytes)| (name.clone(), bytes.clone()));
            let limit = limit as usize;
            let found: Vec<_> = if backwards {
                entries.rev().take(limit).collect()
            } else {
                entries.take(limit).collect()
            };
            host.entries_read += found.len();
            found
        })
    }

    pub(crate) fn get_entries(names: &[String]) -> Vec<Option<Vec<u8>>> {
        names.iter().map(|name| get_entry(name)).collect()
    }

    pub(crate) fn range_entries(
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Vec<(String, Vec<u8>)> {
        let names = names(prefix, after, limit).into_iter();
        let entry = |name: String| {
            let bytes = get_entry(&name)?;
            Some((name, bytes))
        };
        names.filter_map(entry).collect()
    }
}

pub(crate) mod calls {
    use serde_json::Value;

    use super::with;
    use crate::calls::CallFailure;
    use crate::testing::{Answer, Asked, Sent};

    pub(crate) fn call(
        actor_type: &str,
        key: &str,
        method: &str,
        arguments: &str,
    ) -> Result<String, CallFailure> {
        let arguments = value(arguments);
        let script = with(|host| {
            host.durable.asked.push(Asked {
                actor_type: actor_type.to_owned(),
                key: key.to_owned(),
                method: method.to_owned(),
                arguments: arguments.clone(),
            });
            host.answers.get(actor_type, method)
        });
        // The host is free meanwhile: an answer may look at it.
        let answer = (script.borrow_mut())(key, arguments);
        match answer {
            Answer::Reply(reply) => Ok(reply.to_string()),
            Answer::Failure(failure) => Err(failure),
        }
    }

    /// A silo looks at the client besides, and a native build has none.
    pub(crate) fn ask(
        actor_type: &str,
        key: &str,
        method: &str,
        arguments: &str,
    ) -> Result<String, CallFailure> {
        call(actor_type, key, method, arguments)
    }

    pub(crate) fn send_after(
        delay_ms: u64,
        actor_type: &str,
        key: &str,
        method: &str,
        arguments: &str,
    ) {
        let sent = Sent {
            actor_type: actor_type.to_owned(),
            key: key.to_owned(),
            method: method.to_owned(),
            arguments: value(arguments),
            delay_ms,
        };
        with(|host| host.durable.sent.push(sent));
    }

    pub(super) fn value(text: &str) -> Value {
        serde_json::from_str(text).expect("it was written as JSON a moment ago")
    }
}

/// Refuses what a silo refuses, so that the test fails first.
fn ahead(name: &str, delay_ms: u64, period_ms: Option<u64>) {
    const AHEAD_MS_MAX: u64 = 400 * 86_400_000;
    let longest_ms = delay_ms.max(period_ms.unwrap_or(0));
    assert!(
        longest_ms <= AHEAD_MS_MAX,
        "a silo refuses `{name}`: {longest_ms} ms are more than 400 days"
    );
}

pub(crate) mod timers {
    use super::with;
    use crate::testing::Alarm;

    pub(crate) fn set(name: &str, delay_ms: u64, period_ms: Option<u64>) {
        assert!(
            period_ms.is_none_or(|period_ms| period_ms >= 10),
            "a silo refuses timer `{name}`: a period below 10 ms"
        );
        super::ahead(name, delay_ms, period_ms);
        with(|host| {
            let alarm = Alarm {
                due_ms: host.now_ms.saturating_add(delay_ms),
                period_ms,
                missed: None,
            };
            host.durable.timers.insert(name.to_owned(), alarm);
        });
    }

    pub(crate) fn cancel(name: &str) {
        with(|host| host.durable.timers.remove(name));
    }
}

pub(crate) mod reminders {
    use super::with;
    use crate::reminders::Missed;
    use crate::testing::Alarm;

    pub(crate) fn set(name: &str, delay_ms: u64, period_ms: Option<u64>, missed: Missed) {
        assert!(
            period_ms.is_none_or(|period_ms| period_ms >= 1000),
            "a silo refuses reminder `{name}`: below one second"
        );
        super::ahead(name, delay_ms, period_ms);
        with(|host| {
            let alarm = Alarm {
                due_ms: host.now_ms.saturating_add(delay_ms),
                period_ms,
                missed: Some(missed),
            };
            host.durable.reminders.insert(name.to_owned(), alarm);
        });
    }

    pub(crate) fn cancel(name: &str) {
        with(|host| host.durable.reminders.remove(name));
    }
}

pub(crate) mod streams {
    use super::with;
    use crate::testing::Published;

    pub(crate) fn publish(stream: &str, key: &str, payload: &str) {
        let payload = super::calls::value(payload);
        let event = Published {
            stream: stream.to_owned(),
            key: key.to_owned(),
            payload,
        };
        with(|host| host.durable.published.push(event));
    }
}

pub(crate) mod config {
    use super::with;

    pub(crate) fn get(name: &str) -> Option<String> {
        with(|host| host.config.get(name).cloned())
    }
}

pub(crate) mod plugins {
    use super::with;
    use crate::plugins::PluginFailure;

    pub(crate) fn bound() -> Option<String> {
        with(|host| host.plugin.as_ref().map(|plugin| plugin.name.clone()))
    }

    pub(crate) fn consult(function: &str, arguments: &str) -> Result<String, PluginFailure> {
        let arguments = super::calls::value(arguments);
        // The host is free meanwhile: an answer may look at it.
        let plugin = with(|host| host.plugin.clone());
        let plugin = plugin.ok_or(PluginFailure::Unbound)?;
        let answer = (plugin.script.borrow_mut())(function, arguments);
        answer.map(|reply| reply.to_string())
    }
}

pub(crate) mod log {
    use super::with;
    use crate::log::Level;

    pub(crate) fn log(level: Level, message: &str) {
        with(|host| host.logs.push((level, message.to_owned())));
    }
}
