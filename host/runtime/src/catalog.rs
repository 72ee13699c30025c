//! Actor types and the modules that give them their logic.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use pizza_guest::Module;
use pizza_types::{ActorId, CallError};

use crate::breaker::{Breaker, BreakerState, Ended, Pass};
use crate::figures::Figures;
use crate::serving::Serving;
use crate::settings::Policy;
use crate::tally::Tally;

/// One module of an actor type, and all that is known of its work.
pub struct ActorType {
    pub name: Arc<str>,
    pub module: Arc<Module>,
    pub policy: Policy,
    /// As old as the module: a new one is not to blame for its predecessor.
    breaker: Breaker,
    pub(crate) figures: Figures,
    /// Since this module serves.
    pub tally: Tally,
}

impl ActorType {
    #[must_use]
    pub fn new(module: Arc<Module>, policy: Policy) -> Arc<Self> {
        let name = Arc::clone(module.actor_type());
        Arc::new(Self {
            figures: Figures::of(&name),
            name,
            module,
            policy,
            breaker: Breaker::default(),
            tally: Tally::default(),
        })
    }

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

/// Which modules answer for which type. Readers take a clone of a pointer and are never in
/// the way of a change.
#[derive(Default)]
pub struct Catalog {
    types: RwLock<HashMap<Arc<str>, Serving>>,
}

impl Catalog {
    /// One module for all actors of its type. Turns that have begun end on the one they
    /// began on.
    pub fn set(&self, module: Arc<Module>, policy: Policy) {
        self.serve(Serving::all(ActorType::new(module, policy)));
    }

    /// The same for a type that is served by two modules.
    pub fn serve(&self, serving: Serving) {
        let name = Arc::clone(&serving.current.name);
        self.types.write().insert(name, serving);
    }

    #[must_use]
    pub fn serving(&self, actor_type: &str) -> Option<Serving> {
        self.types.read().get(actor_type).cloned()
    }

    /// The module that answers for this actor, whose state has layout `schema`.
    ///
    /// # Errors
    /// [`CallError::UnknownType`] naming the types that there are.
    pub fn get(&self, actor: &ActorId, schema: Option<u32>) -> Result<Arc<ActorType>, CallError> {
        let actor_type = actor.actor_type();
        if let Some(serving) = self.types.read().get(&**actor_type) {
            return Ok(Arc::clone(serving.choose(actor.key(), schema)));
        }
        Err(CallError::UnknownType {
            actor_type: actor_type.to_string(),
            known: self.names().join(", "),
        })
    }

    /// What is the same for all actors of a type: its current module's entry.
    #[must_use]
    pub fn find(&self, actor_type: &str) -> Option<Arc<ActorType>> {
        let types = self.types.read();
        types
            .get(actor_type)
            .map(|serving| Arc::clone(&serving.current))
    }

    /// In alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.types.read().keys().map(ToString::to_string).collect();
        names.sort();
        names
    }

    /// Of each type's current module, in alphabetical order.
    #[must_use]
    pub fn breakers(&self, now_ms: u64) -> Vec<(Arc<str>, BreakerState)> {
        let types = self.types.read();
        let view = |serving: &Serving| {
            let entry = &serving.current;
            (Arc::clone(&entry.name), entry.breaker.view(now_ms))
        };
        let mut views: Vec<_> = types.values().map(view).collect();
        views.sort_by(|(a, _), (b, _)| a.cmp(b));
        views
    }

    /// The types whose actors of this key get the events of this stream.
    pub(crate) fn subscribers(&self, stream: &str, key: &Arc<str>) -> Vec<Arc<ActorType>> {
        let types = self.types.read();
        let chosen = types.values().map(|serving| serving.choose(key, None));
        let subscribed =
            |entry: &&Arc<ActorType>| entry.module.subscriptions().iter().any(|s| **s == *stream);
        chosen.filter(subscribed).cloned().collect()
    }

    /// Every (type, stream) that any actor subscribes to.
    pub(crate) fn subscriptions(&self) -> Vec<(Arc<ActorType>, Arc<str>)> {
        let types = self.types.read();
        let mut pairs: Vec<(Arc<ActorType>, Arc<str>)> = Vec::new();
        for entry in types.values().flat_map(Serving::entries) {
            for stream in entry.module.subscriptions() {
                if !pairs
                    .iter()
                    .any(|(e, s)| e.name == entry.name && s == stream)
                {
                    pairs.push((Arc::clone(entry), Arc::clone(stream)));
                }
            }
        }
        pairs
    }
}
