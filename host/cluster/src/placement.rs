//! Which silo is asked to open an actor that nobody has in memory, by the strategy of its type. It is a
//! choice and no promise: the record in the store decides who has the actor.

use std::sync::Arc;

use pizza_types::{ShardId, SiloId};

use crate::homes::home_among;
use crate::loads::Loads;
use crate::membership::Known;

/// The strategy of an actor type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Placement {
    /// The home of the actor's shard, which all silos agree on without asking each other.
    #[default]
    Hash,
    /// The silo that was asked.
    PreferLocal,
    /// A silo with this label: of several, the home of the shard among them.
    Fixed {
        label: Arc<str>,
        /// What holds while no silo with the label takes actors; without it, there is no service.
        otherwise: Option<Box<Placement>>,
    },
    /// The silo that has less to do, of two chosen by chance.
    LeastLoaded,
    /// Any silo, another one each time: several have the actor at once, and nothing of it is kept. For
    /// stateless workers.
    Random,
}

/// What a choice is made by.
pub struct Choice<'a> {
    pub known: &'a Known,
    /// The silo that was asked.
    pub me: &'a SiloId,
    pub loads: &'a Loads,
    pub now_ms: u64,
    /// 64 bits of chance.
    pub random: &'a dyn Fn() -> u64,
    /// A silo that could not be reached a moment ago: where any other one will do, it is passed over.
    pub avoid: Option<&'a SiloId>,
}

/// No silo that takes actors has the label, and there is no second choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no live silo has the label {label:?}")]
pub struct NoSilo {
    pub label: Arc<str>,
}

impl Placement {
    /// Whether every silo computes for such an actor by itself, and nothing of it is kept.
    #[must_use]
    pub fn is_stateless(&self) -> bool {
        *self == Self::Random
    }

    /// Whether it takes more than the view of the cluster to know where such an actor is: whoever has found it
    /// does well to remember it.
    #[must_use]
    pub fn is_to_be_remembered(&self) -> bool {
        !matches!(self, Self::Hash | Self::Random)
    }

    /// Whether it is chosen by what silos report.
    #[must_use]
    pub fn is_by_load(&self) -> bool {
        match self {
            Self::LeastLoaded => true,
            Self::Fixed { otherwise, .. } => otherwise.as_ref().is_some_and(|o| o.is_by_load()),
            Self::Hash | Self::PreferLocal | Self::Random => false,
        }
    }

    /// The silo that is to open an actor of this shard; `None` where there is no silo.
    ///
    /// # Errors
    /// When there is none of the kind that it takes.
    pub fn chosen(&self, shard: ShardId, by: &Choice<'_>) -> Result<Option<SiloId>, NoSilo> {
        let (known, me) = (by.known, by.me);
        let home = || known.homes.home(shard).cloned();
        match self {
            Self::Hash => Ok(home()),
            Self::PreferLocal if takes(known, me) => Ok(Some(me.clone())),
            // A silo that leaves is the wrong place for what it is asked for.
            Self::PreferLocal => Ok(home()),
            Self::Fixed { label, otherwise } => {
                let silo = home_among(shard, known.labelled(label)).cloned();
                match (silo, otherwise) {
                    (Some(silo), _) => Ok(Some(silo)),
                    (None, Some(otherwise)) => otherwise.chosen(shard, by),
                    (None, None) => Err(NoSilo {
                        label: Arc::clone(label),
                    }),
                }
            }
            Self::LeastLoaded => {
                let silos = by.any_other();
                let chosen = by.loads.lighter_of_two(&silos, by.now_ms, (by.random)());
                Ok(chosen.cloned())
            }
            Self::Random => {
                let silos = by.any_other();
                let count = u64::try_from(silos.len()).unwrap_or(u64::MAX).max(1);
                let at = usize::try_from((by.random)() % count).unwrap_or(0);
                Ok(silos.get(at).copied().cloned())
            }
        }
    }

    /// Whether an actor of this shard may stay on a silo that has it. Where it could be as well somewhere
    /// else it stays: only what belongs elsewhere is worth a move.
    #[must_use]
    pub fn fits(&self, known: &Known, silo: &SiloId, shard: ShardId) -> bool {
        match self {
            Self::Hash => known.homes.home(shard) == Some(silo),
            Self::PreferLocal | Self::LeastLoaded => takes(known, silo),
            // It is nowhere.
            Self::Random => true,
            Self::Fixed { label, .. } => {
                let mut labelled = known.labelled(label).peekable();
                if labelled.peek().is_none() {
                    return takes(known, silo);
                }
                labelled.any(|one| one == silo)
            }
        }
    }
}

impl Choice<'_> {
    /// The silos that take actors, without the one to be avoided unless it is the only one.
    fn any_other(&self) -> Vec<&SiloId> {
        let silos = self.known.homes.silos();
        let avoid = self.avoid.filter(|_| silos.len() > 1);
        silos.iter().filter(|silo| Some(*silo) != avoid).collect()
    }
}

/// Whether the silo takes actors.
fn takes(known: &Known, silo: &SiloId) -> bool {
    known.homes.silos().contains(silo)
}
