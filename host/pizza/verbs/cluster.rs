//! `pizza cluster …`: the silos that share a store.

mod accept_loss;
mod status;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Cluster {
    /// Go on with a store that has lost something.
    AcceptLoss(accept_loss::AcceptLoss),
    /// Which silos there are, as one of them knows it.
    Status(status::Status),
}

impl Cluster {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::AcceptLoss(verb) => verb.run(),
            Self::Status(verb) => verb.run(),
        }
    }
}
