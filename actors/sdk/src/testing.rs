//! A silo for unit tests: outside of WebAssembly everything an actor does goes to the
//! [`Host`] of its thread.
//!
//! ```
//! use silo_sdk::testing::Host;
//! use silo_sdk::{context, streams};
//!
//! let host = Host::new("lamp", "lamp-1");
//! assert_eq!(context::key(), "lamp-1");
//! streams::publish("lit", "lamp-1", &true);
//! assert_eq!(host.published("lit"), [true]);
//! ```
//!
//! Methods can be tested on a bare value (`Order::default().create(…)`), or as a silo runs
//! them (`<Order as order::Guest>::create(…)`): then the state comes from the host and goes
//! back to it, and a command that returns `Err` leaves no trace.

mod answer;
mod clock;
mod effect;
pub(crate) mod imports;
mod plugin;
mod stage;

use std::collections::BTreeMap;

use serde_json::Value;

pub use answer::{Answer, failed, ok, plain, refused};
pub use clock::{Alarm, Due};
pub use effect::{Asked, Published, Sent};
pub(crate) use stage::checkpoint;
use stage::{Stage, install, with};

use crate::log::Level;
use crate::plugins::PluginFailure;
use crate::state::{self, State};
use plugin::Plugin;

/// Where a test begins, in milliseconds since the Unix epoch: 1 January 2026, noon.
pub const START_MS: u64 = 1_767_268_800_000;

/// The test host of this thread, until it is dropped or another one is made.
pub struct Host(());

impl Host {
    #[must_use = "the host goes with this value; keep it as `let host = …`"]
    pub fn new(actor_type: &str, key: &str) -> Self {
        install(Stage::new(actor_type, key));
        Self(())
    }

    /// The actor that the next messages come from.
    pub fn set_caller(&self, caller: Option<(&str, &str)>) {
        with(|stage| {
            stage.caller = caller.map(|(actor_type, key)| stage::identity(actor_type, key))
        });
    }

    pub fn set_config(&self, name: &str, value: &str) {
        with(|stage| stage.config.insert(name.to_owned(), value.to_owned()));
    }

    /// What the silo has of this actor; `None` before the first save.
    pub fn state<S: State>(&self) -> Option<S> {
        let snapshot = with(|stage| stage.durable.snapshot.clone())?;
        match state::read(snapshot.schema, &snapshot.bytes) {
            Ok(state) => Some(state),
            Err(error) => panic!("the saved state cannot be read: {error}"),
        }
    }

    pub fn set_state<S: State>(&self, state: &S) {
        self.set_snapshot(S::SCHEMA, state::encode(state));
    }

    /// State as an older module left it.
    pub fn set_snapshot(&self, schema: u32, bytes: Vec<u8>) {
        imports::state::set(&crate::bindings::silo::actor::state::Snapshot { schema, bytes });
    }

    /// Names of all entries, `table/key`.
    pub fn entries(&self) -> Vec<String> {
        with(|stage| stage.durable.entries.keys().cloned().collect())
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
        with(|stage| stage.answers.set(actor_type, method, answer));
    }

    /// Binds a plugin of this name to the actor, in the place of the one before: it gets the
    /// function and the arguments, an object in camel case, and gives JSON.
    pub fn bind_plugin(
        &self,
        name: &str,
        answer: impl FnMut(&str, Value) -> Result<Value, PluginFailure> + 'static,
    ) {
        with(|stage| stage.plugin = Some(Plugin::new(name, answer)));
    }

    pub fn unbind_plugin(&self) {
        with(|stage| stage.plugin = None);
    }

    /// Every call that waited for an answer.
    pub fn asked(&self) -> Vec<Asked> {
        with(|stage| stage.durable.asked.clone())
    }

    /// Every durable one-way message, in order.
    pub fn sent(&self) -> Vec<Sent> {
        with(|stage| stage.durable.sent.clone())
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
        with(|stage| stage.durable.published.clone())
    }

    /// The payloads of the events of one stream.
    pub fn published(&self, stream: &str) -> Vec<Value> {
        self.events()
            .into_iter()
            .filter(|event| event.stream == stream)
            .map(|event| event.payload)
            .collect()
    }

    pub fn timers(&self) -> BTreeMap<String, Alarm> {
        with(|stage| stage.durable.timers.clone())
    }

    pub fn reminders(&self) -> BTreeMap<String, Alarm> {
        with(|stage| stage.durable.reminders.clone())
    }

    pub fn logs(&self) -> Vec<(Level, String)> {
        with(|stage| stage.logs.clone())
    }

    /// Forgets the messages, events and log lines so far; state, entries and alarms stay.
    pub fn clear_effects(&self) {
        with(Stage::clear_effects);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        stage::uninstall();
    }
}
