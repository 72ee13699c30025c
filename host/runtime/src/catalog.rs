//! Actor types and the modules that give them their logic.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use pizza_guest::Module;
use pizza_types::CallError;

use crate::breaker::{Breaker, BreakerState, Ended, Pass};
use crate::figures::Figures;
use crate::settings::Policy;

pub struct ActorType {
    pub name: Arc<str>,
    pub module: Arc<Module>,
    pub policy: Policy,
    /// As old as the module: a new one is not to blame for its predecessor.
    breaker: Breaker,
    pub(crate) figures: Figures,
}

impl ActorType {
    /// # Errors
    /// While turns of this type are not begun, because all of them failed lately.
    pub(crate) fn admit(&self, now_ms: u64) -> Result<Pass, CallError> {
        let pass = self.breaker.admit(&self.policy.breaker, now_ms);
        pass.map_err(|retry_after_ms| self.resting(retry_after_ms))
    }

    /// Like [`admit`](Self::admit), at the door: what would be refused need not wait first.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn refuse_if_resting(&self, now_ms: u64) -> Result<(), CallError> {
        let look = self.breaker.look(now_ms);
        look.map_err(|retry_after_ms| self.resting(retry_after_ms))
    }

    pub(crate) fn ended(&self, pass: Pass, ended: Ended, now_ms: u64) {
        let limits = &self.policy.breaker;
        match self.breaker.ended(limits, pass, ended, now_ms) {
            Some(BreakerState::Open { left_ms }) => {
                tracing::warn!(actor_type = %self.name, left_ms, "its turns fail: no more of them for now");
            }
            Some(_) => tracing::info!(actor_type = %self.name, "its turns are begun again"),
            None => {}
        }
    }

    fn resting(&self, retry_after_ms: u64) -> CallError {
        CallError::Overloaded {
            what: format!("turns of actor type {:?} keep failing", self.name),
            retry_after_ms,
        }
    }
}

/// Which module answers for which type. Readers take a clone of the pointer and are
/// never in the way of a change.
#[derive(Default)]
pub struct Catalog {
    types: RwLock<HashMap<Arc<str>, Arc<ActorType>>>,
}

impl Catalog {
    /// Sets the type's module. Turns that have begun end on the one they began on.
    pub fn set(&self, module: Arc<Module>, policy: Policy) {
        let name = Arc::clone(module.actor_type());
        let entry = ActorType {
            name: Arc::clone(&name),
            figures: Figures::of(&name),
            module,
            policy,
            breaker: Breaker::default(),
        };
        self.types.write().insert(name, Arc::new(entry));
    }

    /// # Errors
    /// [`CallError::UnknownType`] naming the types that there are.
    pub fn get(&self, actor_type: &str) -> Result<Arc<ActorType>, CallError> {
        self.find(actor_type).ok_or_else(|| CallError::UnknownType {
            actor_type: actor_type.to_owned(),
            known: self.names().join(", "),
        })
    }

    #[must_use]
    pub fn find(&self, actor_type: &str) -> Option<Arc<ActorType>> {
        self.types.read().get(actor_type).cloned()
    }

    /// In alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.types.read().keys().map(ToString::to_string).collect();
        names.sort();
        names
    }

    /// Of each type, in alphabetical order.
    #[must_use]
    pub fn breakers(&self, now_ms: u64) -> Vec<(Arc<str>, BreakerState)> {
        let types = self.types.read();
        let view = |entry: &Arc<ActorType>| (Arc::clone(&entry.name), entry.breaker.view(now_ms));
        let mut views: Vec<_> = types.values().map(view).collect();
        views.sort_by(|(a, _), (b, _)| a.cmp(b));
        views
    }

    /// The types whose actors get the events of this stream.
    pub(crate) fn subscribers(&self, stream: &str) -> Vec<Arc<ActorType>> {
        let types = self.types.read();
        let subscribed =
            |entry: &&Arc<ActorType>| entry.module.subscriptions().iter().any(|s| **s == *stream);
        types.values().filter(subscribed).cloned().collect()
    }

    /// Every (type, stream) that is subscribed to.
    pub(crate) fn subscriptions(&self) -> Vec<(Arc<ActorType>, Arc<str>)> {
        let types = self.types.read();
        let pairs = types.values().flat_map(|entry| {
            let streams = entry.module.subscriptions().iter();
            streams.map(|stream| (Arc::clone(entry), Arc::clone(stream)))
        });
        pairs.collect()
    }
}
