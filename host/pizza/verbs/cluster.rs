//! `pizza cluster …`: the silos that share a store.

mod accept_loss;
mod member;
mod moves;
mod status;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Cluster {
    /// Go on with a store that has lost something.
    AcceptLoss(accept_loss::AcceptLoss),
    /// Give a silo no more actors; it keeps those that it has.
    Cordon(member::Member),
    /// Give a silo no more actors, and let those that it has move to others.
    Drain(moves::Drain),
    /// Let actors move to the silos that they belong to.
    Rebalance(moves::Rebalance),
    /// Give a silo actors again.
    Uncordon(member::Member),
    /// Which silos there are, as one of them knows it.
    Status(status::Status),
}

impl Cluster {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::AcceptLoss(verb) => verb.run(),
            Self::Cordon(verb) => verb.run("cordon", "is given no more actors"),
            Self::Drain(verb) => verb.run(),
            Self::Rebalance(verb) => verb.run(),
            Self::Uncordon(verb) => verb.run("uncordon", "is given actors again"),
            Self::Status(verb) => verb.run(),
        }
    }
}
