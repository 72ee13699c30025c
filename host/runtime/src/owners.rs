//! Which silos have the actors that this one was asked for and has not: what was last heard of it. It
//! may be wrong at any time, for the record in the store alone decides.

use std::collections::HashMap;

use parking_lot::Mutex;
use pizza_types::{ActorId, SiloId};

/// So many are remembered. Beyond it all are forgotten at once: each costs a hop to learn again.
const REMEMBERED_MAX: usize = 100_000;

#[derive(Default)]
pub(crate) struct Owners(Mutex<HashMap<ActorId, SiloId>>);

impl Owners {
    pub(crate) fn learn(&self, actor: &ActorId, owner: SiloId) {
        let mut owners = self.0.lock();
        if owners.len() >= REMEMBERED_MAX {
            owners.clear();
        }
        owners.insert(actor.clone(), owner);
    }

    pub(crate) fn forget(&self, actor: &ActorId) {
        let mut owners = self.0.lock();
        // Where a silo is alone, there are none.
        if !owners.is_empty() {
            owners.remove(actor);
        }
    }

    pub(crate) fn of(&self, actor: &ActorId) -> Option<SiloId> {
        self.0.lock().get(actor).cloned()
    }
}
