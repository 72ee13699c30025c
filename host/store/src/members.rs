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
    /// A silo that lives and has said that it has not the actor in question in memory, which it opened
    /// under this epoch: it can only have it again under a higher one.
    pub released: Option<(SiloId, u64)>,
}

impl Members {
    /// The view of a silo that is the only one: whoever was there before it has ended.
    #[must_use]
    pub fn alone(silo: &SiloId) -> Self {
        Self {
            generation: silo.generation(),
            live: BTreeSet::from([silo.clone()]),
            released: None,
        }
    }

    /// Whether an actor may be taken from its owner, who opened it under this epoch.
    #[must_use]
    pub fn may_take(&self, owner: &SiloId, epoch: u64) -> bool {
        let released = self.released.as_ref();
        self.is_dead(owner) || released.is_some_and(|(by, of)| by == owner && *of == epoch)
    }

    #[must_use]
    pub fn is_dead(&self, silo: &SiloId) -> bool {
        !self.live.contains(silo) && silo.generation() <= self.generation
    }
}
