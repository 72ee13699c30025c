//! `pizza key …`: keys that sign modules.

mod list;
mod new;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make a key: NAME.key is secret, NAME.pub is for the silos that are to trust it.
    New(new::New),
    /// List the keys of a directory.
    List(list::List),
}

impl Key {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::New(verb) => verb.run(),
            Self::List(verb) => verb.run(),
        }
    }
}
