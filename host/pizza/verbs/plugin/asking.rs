//! The actor that asks a plugin, as the command line names it.

use clap::Args;
use pizza_load::texts;
use pizza_types::ActorId;

/// The actor, by its key alone: only actors of one type ask plugins.
#[derive(Args)]
pub(super) struct Asking {
    #[arg(
        value_name = texts::PLUGIN_ACTOR,
        value_parser = parse,
        help = texts::PLUGIN_ACTOR_HELP
    )]
    pub(super) actor: ActorId,
}

impl Asking {
    /// The path of the actor's plugin in the admin API. What is allowed in a key needs no escapes.
    pub(super) fn path(&self) -> String {
        format!("/plugins/{}", self.actor)
    }
}

fn parse(key: &str) -> Result<ActorId, String> {
    ActorId::new(texts::PLUGIN_ACTOR_TYPE, key).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_that_asks_is_named_by_its_key() {
        let actor = parse("napoli").expect("a key");
        let path = format!("/plugins/{}/napoli", texts::PLUGIN_ACTOR_TYPE);
        assert_eq!(Asking { actor }.path(), path);
        for wrong in ["", "a/b", "a?b"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
