//! Actor types and the modules that give them their logic.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use pizza_guest::Module;
use pizza_types::CallError;

use crate::settings::Policy;

pub struct ActorType {
    pub name: Arc<str>,
    pub module: Arc<Module>,
    pub policy: Policy,
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
            module,
            policy,
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
