//! What tests of several modules need.

use pizza_store::{Commit, EndWrite, Leaving};
use pizza_types::{ActorId, SiloId, StateWrite};

/// The silo that makes every commit.
pub(crate) fn silo() -> SiloId {
    SiloId("one".into())
}

pub(crate) fn actor(name: &str) -> ActorId {
    ActorId::new("meter", name).expect("legal")
}

/// The commit after `version`, of an actor that this silo has made.
pub(crate) fn commit(actor: ActorId, version: u64, state: StateWrite) -> Commit {
    Commit {
        actor,
        owner: silo(),
        epoch: version.min(1),
        version,
        now_ms: 0,
        module: None,
        state,
        ending: EndWrite::Keep,
        entries: Vec::new(),
        handled: None,
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: Leaving::default(),
        cursor: None,
    }
}
