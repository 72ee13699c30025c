//! What tests of several modules need.

pub(crate) mod every_table;

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

/// The same numbers for the same seed: SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
