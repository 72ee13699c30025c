//! `pizza cluster …`: the silos that share a store.

mod status;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Cluster {
    /// Which silos there are, as one of them knows it.
    Status(status::Status),
}

impl Cluster {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Status(verb) => verb.run(),
        }
    }
}
