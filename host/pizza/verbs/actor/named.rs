//! How an actor is named on the command line.

use clap::Args;
use pizza_load::texts;
use pizza_types::ActorId;

#[derive(Args)]
pub(super) struct Named {
    #[arg(
        value_name = "TYPE/KEY",
        value_parser = parse,
        help = format!("The actor, for example {}", texts::EXAMPLE_ACTOR)
    )]
    actor: ActorId,
}

impl Named {
    /// The actor's path in the admin API. What is allowed in an id needs no escapes.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/actors/{}{rest}", self.actor)
    }
}

fn parse(text: &str) -> Result<ActorId, String> {
    let (actor_type, key) = text.split_once('/').ok_or_else(|| {
        let example = texts::EXAMPLE_ACTOR;
        format!("it takes a type and a key with a slash between them, like {example}")
    })?;
    ActorId::new(actor_type, key).map_err(|error| error.to_string())
}

/// What is no part of an actor's id is no part of a path either.
pub(super) fn part_of_id(text: &str) -> Result<String, String> {
    let id = ActorId::new(text, text).map_err(|error| error.to_string())?;
    Ok(id.key().to_string())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_actor_is_a_type_and_a_key() {
        for (text, expected) in [
            ("tally/first", Ok("tally/first")),
            ("tally", Err("slash")),
            ("tally/", Err("empty")),
            ("/first", Err("empty")),
            ("tally/a/b", Err("'/'")),
            ("tally/a?b", Err("'?'")),
        ] {
            match (parse(text), expected) {
                (Ok(actor), Ok(expected)) => assert_eq!(actor.to_string(), expected),
                (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
