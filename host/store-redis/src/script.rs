//! The scripts. Each decides before it writes, and begins with `#!lua`: then a Redis Cluster refuses
//! one that would touch two slots, and a single server runs it the same way.

use std::borrow::Cow;

use redis::{Cmd, Script};

use crate::planted;

/// A script, known to servers by the hash of its text.
pub(crate) struct Known {
    pub(crate) text: Cow<'static, str>,
    pub(crate) hash: String,
}

pub(crate) struct Scripts {
    pub(crate) commit: Known,
    pub(crate) open: Known,
    pub(crate) relay: Known,
    pub(crate) park: Known,
    pub(crate) retire: Known,
    pub(crate) forget: Known,
    pub(crate) silence: Known,
    pub(crate) heartbeat: Known,
    pub(crate) change_view: Known,
    pub(crate) change_facts: Known,
    pub(crate) accept_loss: Known,
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            commit: known(include_str!("lua/commit.lua")),
            open: known(include_str!("lua/open.lua")),
            relay: known(include_str!("lua/relay.lua")),
            park: known(include_str!("lua/park.lua")),
            retire: known(include_str!("lua/retire.lua")),
            forget: known(include_str!("lua/forget.lua")),
            silence: known(include_str!("lua/silence.lua")),
            heartbeat: known(include_str!("lua/heartbeat.lua")),
            change_view: known(include_str!("lua/change_view.lua")),
            change_facts: known(include_str!("lua/change_facts.lua")),
            accept_loss: known(include_str!("lua/accept_loss.lua")),
        }
    }

    pub(crate) fn all(&self) -> [&Known; 11] {
        [
            &self.commit,
            &self.open,
            &self.relay,
            &self.park,
            &self.retire,
            &self.forget,
            &self.silence,
            &self.heartbeat,
            &self.change_view,
            &self.change_facts,
            &self.accept_loss,
        ]
    }
}

fn known(text: &'static str) -> Known {
    let text = planted::script(text);
    let hash = Script::new(&text).get_hash().to_owned();
    Known { text, hash }
}

/// A call of a script; its arguments follow.
pub(crate) fn call(script: &Known, keys: &[String]) -> Cmd {
    let mut command = redis::cmd("EVALSHA");
    command.arg(&script.hash);
    if planted::is("undeclared-keys") {
        command.arg(1).arg(keys.first()).arg(keys.len());
        command.arg(keys.get(1..));
        return command;
    }
    command.arg(keys.len()).arg(keys);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_says_what_it_is() {
        for script in Scripts::new().all() {
            assert!(script.text.starts_with("#!lua\n"), "{}", script.text);
            assert!(script.text.contains("version 1"), "{}", script.text);
        }
    }

    /// While a slot migrates, a server runs a script if it has all keys that were declared, and fails
    /// it half-way at the first other one.
    #[test]
    fn every_script_touches_declared_keys_alone() {
        let mut calls = 0;
        for script in Scripts::new().all() {
            for call in script.text.split("redis.call(").skip(1) {
                let key = call.split(',').nth(1).map(str::trim_start);
                let is_declared = key.is_some_and(|key| key.starts_with("KEYS["))
                    // It has no key.
                    || call.starts_with("'TIME')");
                assert!(is_declared, "{call}");
                calls += 1;
            }
        }
        assert!(calls > 50, "{calls} calls were looked at");
    }
}
