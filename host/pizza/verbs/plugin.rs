//! `pizza plugin …`: strangers' rules for a kitchen.

mod bind;
mod list;
mod unbind;

use clap::Subcommand;
use pizza_types::ActorId;

#[derive(Subcommand)]
pub(crate) enum Plugin {
    /// Have a kitchen ask a plugin, from now on.
    Bind(bind::Bind),
    /// List what is bound, and how it does.
    List(list::List),
    /// Let a kitchen decide by itself again.
    Unbind(unbind::Unbind),
}

impl Plugin {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Bind(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Unbind(verb) => verb.run(),
        }
    }
}

/// A kitchen by its key. What is allowed in one needs no escapes in a path.
fn kitchen(key: &str) -> Result<ActorId, String> {
    ActorId::new("kitchen", key).map_err(|error| error.to_string())
}

fn path(kitchen: &ActorId) -> String {
    format!("/plugins/{kitchen}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kitchen_is_named_by_its_key() {
        let napoli = kitchen("napoli").expect("a kitchen");
        assert_eq!(path(&napoli), "/plugins/kitchen/napoli");
        for wrong in ["", "a/b", "a?b"] {
            assert!(kitchen(wrong).is_err(), "{wrong}");
        }
    }
}
