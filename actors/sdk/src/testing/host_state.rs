//! What the test host knows, and the one of this thread.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::answer::Answers;
use super::clock::{Alarm, START_MS};
use super::effect::{Asked, Published, Sent};
use super::plugin::Plugin;
use crate::bindings::silo::actor::state::Snapshot;
use crate::context::Identity;
use crate::log::Level;

// One for each thread, because tests that run side by side must not see each other.
thread_local! {
    static CURRENT: RefCell<Option<HostState>> = const { RefCell::new(None) };
}

pub(super) struct HostState {
    pub(super) id: Identity,
    pub(super) caller: Option<Identity>,
    pub(super) now_ms: u64,
    pub(super) message: u128,
    pub(super) random: u64,
    pub(super) config: BTreeMap<String, String>,
    pub(super) answers: Answers,
    pub(super) plugin: Option<Plugin>,
    pub(super) logs: Vec<(Level, String)>,
    /// What is read costs, whatever becomes of the turn.
    pub(super) entries_read: usize,
    pub(super) durable: Durable,
}

/// What a turn stages, and what is therefore dropped when it declines.
#[derive(Clone, Default)]
pub(super) struct Durable {
    pub(super) snapshot: Option<Snapshot>,
    pub(super) entries: BTreeMap<String, Vec<u8>>,
    pub(super) timers: BTreeMap<String, Alarm>,
    pub(super) reminders: BTreeMap<String, Alarm>,
    pub(super) asked: Vec<Asked>,
    pub(super) sent: Vec<Sent>,
    pub(super) published: Vec<Published>,
    pub(super) ended: bool,
}

impl HostState {
    pub(super) fn new(actor_type: &str, key: &str) -> Self {
        Self {
            id: identity(actor_type, key),
            caller: None,
            now_ms: START_MS,
            message: 1,
            random: 0,
            config: BTreeMap::new(),
            answers: Answers::default(),
            plugin: None,
            logs: Vec::new(),
            entries_read: 0,
            durable: Durable::default(),
        }
    }

    pub(super) fn clear_effects(&mut self) {
        self.logs.clear();
        self.durable.asked.clear();
        self.durable.sent.clear();
        self.durable.published.clear();
    }
}

pub(super) fn identity(actor_type: &str, key: &str) -> Identity {
    Identity {
        actor_type: actor_type.to_owned(),
        key: key.to_owned(),
    }
}

pub(super) fn install(host: HostState) {
    CURRENT.with_borrow_mut(|slot| *slot = Some(host));
}

pub(super) fn uninstall() {
    CURRENT.with_borrow_mut(|slot| *slot = None);
}

pub(super) fn with<R>(look: impl FnOnce(&mut HostState) -> R) -> R {
    CURRENT.with_borrow_mut(|slot| match slot {
        Some(host) => look(host),
        None => panic!(
            "outside of a silo an actor needs a test host; begin the test with \
             `let host = silo_sdk::testing::Host::new(\"order\", \"order-1\");`"
        ),
    })
}

/// The durable things as they were when a turn began.
pub(crate) struct Checkpoint(Durable);

/// A turn begins: it gets a message id of its own.
pub(crate) fn checkpoint() -> Checkpoint {
    with(|host| {
        // Another one in each turn, as in a silo, where only a retry has the same again.
        host.message += 1;
        Checkpoint(host.durable.clone())
    })
}

impl Checkpoint {
    /// Puts back what the turn has staged. What was asked of others stays asked: it cannot be
    /// undone.
    pub(crate) fn restore(self) {
        with(|host| {
            let asked = std::mem::take(&mut host.durable.asked);
            host.durable = Durable { asked, ..self.0 };
        });
    }
}
