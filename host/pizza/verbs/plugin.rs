//! `pizza plugin …`: strangers' rules for an actor.

mod asking;
mod bind;
mod list;
mod unbind;

use clap::Subcommand;
use pizza_load::texts;

#[derive(Subcommand)]
pub(crate) enum Plugin {
    #[command(about = texts::PLUGIN_BIND)]
    Bind(bind::Bind),
    /// List what is bound, and how it does.
    List(list::List),
    #[command(about = texts::PLUGIN_UNBIND)]
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
