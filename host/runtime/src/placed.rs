//! Where actors belong: the strategies of their types, and the silos as this one knows them.

use std::sync::Arc;

use pizza_cluster::membership::Known;
use pizza_cluster::{Choice, NoSilo, Placement};
use pizza_types::{ActorId, CallError, SiloId};

use crate::core::Core;
use crate::deployment::Deployment;

/// The strategy of a type that nobody serves here.
static USUAL: Placement = Placement::Hash;

/// The strategy of a type.
pub(crate) fn placement(deployment: Option<&Arc<Deployment>>) -> &Placement {
    deployment.map_or(&USUAL, |deployment| &deployment.policy.placement)
}

impl Core {
    /// The silo that is to open an actor which nobody is known to have; `avoid` could not be reached.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] when there is no silo of the kind that its type takes.
    pub(crate) fn chosen(
        &self,
        placement: &Placement,
        actor: &ActorId,
        known: &Known,
        avoid: Option<&SiloId>,
    ) -> Result<Option<SiloId>, CallError> {
        let by = Choice {
            known,
            me: self.membership.me(),
            loads: &self.loads,
            now_ms: self.clock.now_ms(),
            random: &|| self.entropy.next(),
            avoid,
        };
        let chosen = placement.chosen(actor.shard(), &by);
        chosen.map_err(|none| no_silo(&none, actor))
    }

    /// Whether an actor belongs to another silo than this one, if it is free to choose.
    pub(crate) fn is_misplaced(&self, actor: &ActorId) -> bool {
        !self.fits(actor, self.membership.me(), &self.membership.known())
    }

    /// Whether an actor may stay on this silo.
    pub(crate) fn fits(&self, actor: &ActorId, silo: &SiloId, known: &Known) -> bool {
        let deployment = self.catalog.find(actor.actor_type());
        placement(deployment.as_ref()).fits(known, silo, actor.shard())
    }
}

fn no_silo(none: &NoSilo, actor: &ActorId) -> CallError {
    let actor_type = actor.actor_type();
    CallError::Unreachable {
        detail: format!(
            "{none}, which the placement of actor type {actor_type:?} asks for; start a silo with it, or configure a second choice (`otherwise` in [silo.placement])"
        ),
    }
}
