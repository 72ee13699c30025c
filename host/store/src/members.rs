//! Who may be alive: what decides whether an actor may be taken from its owner.

use std::collections::BTreeSet;

use pizza_types::SiloId;

/// The silos as one of them sees them.
///
/// A silo is dead only if it is not among the living *and* is of a generation that this view
/// knows of: one that started after the view was made is not in it, and lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// The highest generation that was given when the view was made.
    pub generation: u64,
    pub live: BTreeSet<SiloId>,
}

impl Members {
    /// The view of a silo that is the only one: whoever was there before it has ended.
    #[must_use]
    pub fn alone(silo: &SiloId) -> Self {
        Self {
            generation: silo.generation(),
            live: BTreeSet::from([silo.clone()]),
        }
    }

    #[must_use]
    pub fn is_dead(&self, silo: &SiloId) -> bool {
        !self.live.contains(silo) && silo.generation() <= self.generation
    }
}
