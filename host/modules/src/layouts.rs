//! Which layouts the states of a type's actors have.

use std::collections::BTreeMap;

use crate::downgrade::States;
use crate::error::Refusal;
use crate::modules::Modules;

/// How many actors have state of which layout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layouts {
    /// By the number of the layout.
    pub actors: BTreeMap<u32, usize>,
    /// Whether there are actors that were not looked at.
    pub more: bool,
}

impl Modules {
    /// Counts the states of a type's actors by their layouts, up to `limit` of them: each is read for
    /// that.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn layouts(&self, actor_type: &str, limit: usize) -> Result<Layouts, Refusal> {
        let mut states = States::of(&*self.0.actors, actor_type);
        let mut found = Layouts::default();
        let mut seen = 0;
        while let Some((_, state)) = states.next().await? {
            if seen == limit {
                found.more = true;
                break;
            }
            seen += 1;
            *found.actors.entry(state.schema).or_default() += 1;
        }
        Ok(found)
    }
}
