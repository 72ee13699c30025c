//! The test's handle on the silo of its thread.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::answer::Answer;
use super::clock::{self, Alarm, Due};
use super::effect::{Asked, Published, Sent};
use super::host_state::{self, HostState, with};
use super::imports;
use super::plugin::Plugin;
use crate::log::Level;
use crate::plugins::PluginFailure;
use crate::state::{self, State};

/// The test host of this thread, until it is dropped or another one is made.
pub struct Host(());

impl Host {
    /// A silo with this one actor, which was never asked anything.
    #[must_use = "the host goes with this value; keep it as `let host = …`"]
    pub fn new(actor_type: &str, key: &str) -> Self {
        host_state::install(HostState::new(actor_type, key));
        Self(())
    }

    /// The actor that the next messages come from.
    pub fn set_caller(&self, caller: Option<(&str, &str)>) {
        with(|host| {
            host.caller = caller.map(|(actor_type, key)| host_state::identity(actor_type, key))
        });
    }

    /// Sets what an operator would set; the actor reads it by name.
    pub fn set_config(&self, name: &str, value: &str) {
        with(|host| host.config.insert(name.to_owned(), value.to_owned()));
    }

    /// What the silo has of this actor; `None` before the first save.
    pub fn state<S: State>(&self) -> Option<S> {
        let snapshot = with(|host| host.durable.snapshot.clone())?;
        match state::read(snapshot.schema, &snapshot.bytes) {
            Ok(state) => Some(state),
            Err(error) => panic!("the saved state cannot be read: {error}"),
        }
    }

    /// Saves a state, as an earlier turn would have left it.
    pub fn set_state<S: State>(&self, state: &S) {
        self.set_snapshot(S::SCHEMA, state::encode(state));
    }

    /// Saves a state as an older module left it.
    pub fn set_snapshot(&self, schema: u32, bytes: Vec<u8>) {
        imports::state::set(&crate::bindings::silo::actor::state::Snapshot { schema, bytes });
    }

    /// The names of all entries, as `table/key`.
    pub fn entries(&self) -> Vec<String> {
        with(|host| host.durable.entries.keys().cloned().collect())
    }

    /// How many entries, or names of them, the actor has been given so far.
    pub fn entries_read(&self) -> usize {
        with(|host| host.entries_read)
    }

    /// Decides what calls to a method of another actor get, typed clients and `calls` alike.
    /// `arguments` is an object with the parameters in camel case. The answer is [`ok`],
    /// [`refused`] or [`plain`] (for a function without a `result`), or [`failed`].
    pub fn answer<A: Into<Answer>>(
        &self,
        actor_type: &str,
        method: &str,
        mut answer: impl FnMut(&str, Value) -> A + 'static,
    ) {
        let answer = move |key: &str, arguments| answer(key, arguments).into();
        with(|host| host.answers.set(actor_type, method, answer));
    }

    /// Binds a plugin of this name to the actor, in the place of the one before: it gets the
    /// function and the arguments, an object in camel case, and gives JSON.
    pub fn bind_plugin(
        &self,
        name: &str,
        answer: impl FnMut(&str, Value) -> Result<Value, PluginFailure> + 'static,
    ) {
        with(|host| host.plugin = Some(Plugin::new(name, answer)));
    }

    /// From now on nothing is bound, so that each question fails.
    pub fn unbind_plugin(&self) {
        with(|host| host.plugin = None);
    }

    /// Every call that waited for an answer.
    pub fn asked(&self) -> Vec<Asked> {
        with(|host| host.durable.asked.clone())
    }

    /// Every durable one-way message, in order.
    pub fn sent(&self) -> Vec<Sent> {
        with(|host| host.durable.sent.clone())
    }

    /// The messages sent with one method of one actor type.
    pub fn sent_to(&self, actor_type: &str, method: &str) -> Vec<Sent> {
        self.sent()
            .into_iter()
            .filter(|sent| sent.actor_type == actor_type && sent.method == method)
            .collect()
    }

    /// Every event, in order.
    pub fn events(&self) -> Vec<Published> {
        with(|host| host.durable.published.clone())
    }

    /// The payloads of the events of one stream.
    pub fn published(&self, stream: &str) -> Vec<Value> {
        self.events()
            .into_iter()
            .filter(|event| event.stream == stream)
            .map(|event| event.payload)
            .collect()
    }

    /// The timers that are set, by name.
    pub fn timers(&self) -> BTreeMap<String, Alarm> {
        with(|host| host.durable.timers.clone())
    }

    /// The reminders that are set, by name.
    pub fn reminders(&self) -> BTreeMap<String, Alarm> {
        with(|host| host.durable.reminders.clone())
    }

    /// Whether the actor has said that it has ended.
    pub fn has_ended(&self) -> bool {
        with(|host| host.durable.ended)
    }

    /// The lines that the actor has written, in order.
    pub fn logs(&self) -> Vec<(Level, String)> {
        with(|host| host.logs.clone())
    }

    /// The test's clock, in milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        with(|host| host.now_ms)
    }

    /// Sets the date, forwards or backwards; no alarm rings by that.
    pub fn set_now_ms(&self, now_ms: u64) {
        with(|host| host.now_ms = now_ms);
    }

    /// Moves the clock, and says which alarms came due, the earliest first; those that are
    /// not periodic are gone.
    pub fn advance(&self, by: Duration) -> Vec<Due> {
        with(|host| {
            host.now_ms += crate::timers::millis(by);
            let now_ms = host.now_ms;
            let timers = clock::ring(&mut host.durable.timers, now_ms);
            let reminders = clock::ring(&mut host.durable.reminders, now_ms);
            let timers = timers
                .into_iter()
                .map(|(due_ms, name)| (due_ms, Due::Timer { name, due_ms }));
            let reminders = reminders
                .into_iter()
                .map(|(due_ms, name)| (due_ms, Due::Reminder { name, due_ms }));
            let mut due = timers.chain(reminders).collect::<Vec<_>>();
            // The sort is stable: of two that are due at once, the timer comes first.
            due.sort_by_key(|(due_ms, _)| *due_ms);
            due.into_iter().map(|(_, due)| due).collect()
        })
    }

    /// Forgets the messages, events and log lines so far; state, entries and alarms stay.
    pub fn clear_effects(&self) {
        with(HostState::clear_effects);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        host_state::uninstall();
    }
}
